//! How a table of fixed words becomes a struct, its two instances, and lists of who says
//! which of them.
//!
//! Knows no word.

/// Makes the struct, its two instances and the lists by who says the words.
macro_rules! labels {
    (
        [server] $($a:ident: $a_en:literal, $a_zh:literal;)*
        [script] $($b:ident: $b_en:literal, $b_zh:literal;)*
        [later] $($c:ident: $c_en:literal, $c_zh:literal;)*
    ) => {
        /// The fixed words in one language.
        #[derive(Debug)]
        pub struct Labels {
            $(#[doc = $a_en] pub $a: &'static str,)*
            $(#[doc = $b_en] pub $b: &'static str,)*
            $(#[doc = $c_en] pub $c: &'static str,)*
        }

        /// English.
        pub const EN: Labels = Labels { $($a: $a_en,)* $($b: $b_en,)* $($c: $c_en,)* };

        /// Chinese.
        pub const ZH: Labels = Labels { $($a: $a_zh,)* $($b: $b_zh,)* $($c: $c_zh,)* };

        impl Labels {
            /// Name and word of every label.
            pub fn pairs(&self) -> Vec<(&'static str, &'static str)> {
                let mut all = vec![$((stringify!($a), self.$a),)* $((stringify!($c), self.$c),)*];
                all.extend(self.script());
                all
            }

            /// Those that a page carries for its script.
            pub fn script(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($b), self.$b),)*]
            }
        }
    };
}

pub(super) use labels;
