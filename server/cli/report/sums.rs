//! What all CPUs have together.
//!
//! Knows values; the page goes by the same rule (static/src/values.ts).

use bpflab_worker::Value;

/// Numbers added up, field by field; nothing where there are others. It does not
/// wrap at less than 64 bits.
pub(super) fn sum(values: &[Value]) -> Option<Value> {
    let (first, others) = values.split_first()?;
    others.iter().try_fold(add(first, &zero(first)?)?, |sum, value| add(&sum, value))
}

/// The same without its numbers; nothing where there is something else in it.
fn zero(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Uint { bits, .. } => Value::Uint { value: 0, bits: *bits },
        Value::Int { bits, .. } => Value::Int { value: 0, bits: *bits },
        Value::Array(values) => Value::Array(values.iter().map(zero).collect::<Option<_>>()?),
        Value::Struct(fields) => {
            let fields = fields.iter().map(|(name, value)| Some((name.clone(), zero(value)?)));
            Value::Struct(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn add(one: &Value, other: &Value) -> Option<Value> {
    match (one, other) {
        (Value::Uint { value, bits }, Value::Uint { value: other, .. }) => {
            Some(Value::Uint { value: value.wrapping_add(*other), bits: *bits })
        }
        (Value::Int { value, bits }, Value::Int { value: other, .. }) => {
            Some(Value::Int { value: value.wrapping_add(*other), bits: *bits })
        }
        (Value::Array(values), Value::Array(others)) => {
            let sums = values.iter().zip(others).map(|(one, other)| add(one, other));
            sums.collect::<Option<_>>().map(Value::Array)
        }
        (Value::Struct(fields), Value::Struct(others)) => {
            let pairs = fields.iter().zip(others);
            let added = pairs.map(|((name, one), (_, other))| Some((name.clone(), add(one, other)?)));
            added.collect::<Option<_>>().map(Value::Struct)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_added_up_field_by_field_and_nothing_else_is() {
        let number = |value| Value::Uint { value, bits: 64 };
        let of = |hits, slots: [u64; 2]| {
            let slots = Value::Array(slots.map(number).into());
            Value::Struct(vec![("hits".into(), number(hits)), ("slots".into(), slots)])
        };
        assert_eq!(sum(&[of(1, [2, 3]), of(10, [20, 30])]), Some(of(11, [22, 33])));
        assert_eq!(sum(&[number(1), Value::Text("a".into())]), None);
        assert_eq!(sum(&[Value::Text("a".into())]), None, "nor is what one CPU has");
        assert_eq!(sum(&[]), None);
    }
}
