//! A kernel value as JSON: 64-bit integers are decimal strings, since a
//! browser's numbers end at 2^53.

use std::fmt;

use bpflab_worker::{MapChange, Value};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap as _, SerializeSeq as _},
};

use crate::say::{Sentence, Unchanged};

/// A value, to be written.
pub(super) struct Shown<'a>(pub(super) &'a Value);

#[derive(Serialize)]
struct Hex {
    hex: String,
}

#[derive(Serialize)]
struct Enumerator<'a> {
    name: Option<&'a str>,
    value: i64,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bool(value) => to.serialize_bool(*value),
            Value::Int { value, bits: 33.. } => to.collect_str(value),
            Value::Int { value, .. } => to.serialize_i64(*value),
            Value::Uint { value, bits: 33.. } => to.collect_str(value),
            Value::Uint { value, .. } => to.serialize_u64(*value),
            Value::Float(value) => to.serialize_f64(*value),
            Value::Enum { name, value } => Enumerator { name: name.as_deref(), value: *value }.serialize(to),
            Value::Pointer(value) => to.collect_str(&format_args!("{value:#x}")),
            Value::Text(text) => to.serialize_str(text),
            Value::Bytes(bytes) => Hex { hex: hex(bytes) }.serialize(to),
            Value::Array(values) | Value::PerCpu(values) => {
                let mut list = to.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(&Shown(value))?;
                }
                list.end()
            }
            Value::Struct(fields) => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, &Shown(value))?;
                }
                map.end()
            }
        }
    }
}

/// Two digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value as someone wrote it, to be fitted to a type.
#[derive(Debug)]
pub struct Typed(pub Value);

/// An entry of a map as a person writes it: `counts[7]` and `1`, or only `waiting` for a
/// queue. Structs and lists are JSON, all else is text that the type says how to read.
///
/// # Errors
/// A sentence for who wrote it.
pub fn entry(at: &str, value: &str) -> Result<(String, MapChange), Sentence> {
    let bad = || Sentence::Unchanged(Unchanged::BadEntry { at: at.chars().take(80).collect() });
    let read = |words: &str| -> Result<Value, Sentence> {
        match words.trim_start().starts_with(['{', '[']) {
            true => serde_json::from_str(words).map(|Typed(value)| value).map_err(|_| bad()),
            false => Ok(Value::Text(words.to_owned())),
        }
    };
    let (map, key) = match at.strip_suffix(']') {
        None => (at, None),
        Some(rest) => {
            let (map, key) = rest.split_once('[').ok_or_else(bad)?;
            (map, Some(read(key)?))
        }
    };
    let is_name = !map.is_empty() && !map.contains(['[', ']', ' ']);
    is_name.then_some(()).ok_or_else(bad)?;
    Ok((map.to_owned(), MapChange::Set { key, value: read(value)? }))
}

/// Deeper than any struct that someone types.
const DEPTH: usize = 16;

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Within(DEPTH).deserialize(from).map(Self)
    }
}

/// Reads what nests no deeper than this.
struct Within(usize);

impl Within {
    fn one_less<E: de::Error>(&self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("a value nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Within {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a whole number, a text, a list, or an object with a struct's fields")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int { value, bits: 64 })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Uint { value, bits: 64 })
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(self.one_less()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = from.next_key::<String>()? {
            fields.push((name, from.next_value_seed(self.one_less()?)?));
        }
        Ok(Value::Struct(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_map_a_key_and_a_value() {
        let read = |at, value| entry(at, value).ok();
        let text = |word: &str| Value::Text(word.to_owned());
        let set = |key, value| MapChange::Set { key, value };
        assert_eq!(read("counts[7]", "1"), Some(("counts".into(), set(Some(text("7")), text("1")))));
        assert_eq!(read("waiting", "@stimulus"), Some(("waiting".into(), set(None, text("@stimulus")))));
        let key = Value::Struct(vec![("a".into(), Value::Array(vec![Value::Uint { value: 1, bits: 64 }]))]);
        assert_eq!(read("m[{\"a\": [1]}]", "x]"), Some(("m".into(), set(Some(key), text("x]")))));
        for (at, value) in
            [("", "1"), ("[1]", "1"), ("m]", "1"), ("m[1", "1"), ("m[{]", "1"), ("m", "{\"a\":")]
        {
            assert_eq!(read(at, value), None, "{at} {value}");
        }
    }

    #[test]
    fn values_are_written_as_the_contract_says() {
        let value = Value::Struct(vec![
            ("big".into(), Value::Uint { value: u64::MAX, bits: 64 }),
            ("small".into(), Value::Int { value: -3, bits: 32 }),
            ("p".into(), Value::Pointer(255)),
            ("raw".into(), Value::Bytes(vec![0, 255])),
            ("e".into(), Value::Enum { name: Some("A".into()), value: 1 }),
        ]);
        let json = serde_json::to_string(&Shown(&value)).unwrap();
        assert_eq!(
            json,
            r#"{"big":"18446744073709551615","small":-3,"p":"0xff","raw":{"hex":"00ff"},"e":{"name":"A","value":1}}"#
        );
    }
}
