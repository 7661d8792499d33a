//! A kernel value as a check names it.

use bpflab_worker::Value;

/// A value as a person would write it in a check.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int { value, .. } => value.to_string(),
        Value::Uint { value, .. } => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Enum { name: Some(name), .. } => name.clone(),
        Value::Enum { name: None, value } => value.to_string(),
        Value::Pointer(value) => format!("{value:#x}"),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::Array(values) | Value::PerCpu(values) => {
            let all: Vec<String> = values.iter().map(written).collect();
            format!("[{}]", all.join(", "))
        }
        Value::Struct(fields) => {
            let all: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}={}", written(value))).collect();
            format!("{{{}}}", all.join(", "))
        }
    }
}
