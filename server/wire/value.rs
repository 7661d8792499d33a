//! A kernel value as JSON: 64-bit integers are decimal strings, since a
//! browser's numbers end at 2^53.

use bpflab_worker::Value;
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap as _, SerializeSeq as _},
};

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
            Value::Bytes(bytes) => {
                let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                Hex { hex }.serialize(to)
            }
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

#[cfg(test)]
mod tests {
    use super::*;

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
