//! Addresses of the network: numbers that their type or their name gives away.
//!
//! Knows how kernel headers and programs call them. A number that only might
//! be one stays a number.

use std::net::{Ipv4Addr, Ipv6Addr};

use bpflab_worker::Value;
use libbpf_rs::btf::{Btf, BtfKind, BtfType, TypeId};

/// Typedefs passed through.
const MAX_CHAIN: usize = 8;

/// What the bytes of a field are, when they are an address or a port as they
/// stand in a packet.
pub(super) fn read(btf: &Btf<'_>, id: TypeId, name: Option<&str>, bytes: &[u8]) -> Option<Value> {
    let is = |wanted: &str| is_called(btf, id, wanted);
    match bytes.len() {
        2 if is("__be16") && name.is_some_and(is_port) => {
            Some(Value::Uint { value: u16::from_be_bytes(bytes.try_into().ok()?).into(), bits: 16 })
        }
        4 if is("in_addr") || (is("__be32") || is_integer(btf, id)) && name.is_some_and(is_address) => {
            Some(Value::Text(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string()))
        }
        6 if name.is_some_and(is_hardware) => {
            let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(Value::Text(pairs.join(":")))
        }
        16 if is("in6_addr") || name.is_some_and(|name| name.ends_with("_v6")) => {
            Some(Value::Text(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()))
        }
        _ => None,
    }
}

/// Whether this is a name on the way from a type to what it stands for.
fn is_called(btf: &Btf<'_>, id: TypeId, wanted: &str) -> bool {
    let mut ty = btf.type_by_id::<BtfType<'_>>(id);
    for _ in 0..MAX_CHAIN {
        let Some(now) = ty else { return false };
        if now.name().is_some_and(|name| name == wanted) {
            return true;
        }
        ty = match now.kind() {
            BtfKind::Typedef | BtfKind::Const | BtfKind::Volatile => now.next_type(),
            _ => None,
        };
    }
    false
}

fn is_integer(btf: &Btf<'_>, id: TypeId) -> bool {
    btf.type_by_id::<BtfType<'_>>(id).is_some_and(|ty| ty.skip_mods_and_typedefs().kind() == BtfKind::Int)
}

fn is_address(name: &str) -> bool {
    matches!(name, "ip" | "addr" | "saddr" | "daddr" | "src_ip" | "dst_ip" | "src_addr" | "dst_addr")
        || ["_v4", "_ip4", "_ipv4"].iter().any(|end| name.ends_with(end))
}

fn is_port(name: &str) -> bool {
    name.ends_with("port") || matches!(name, "source" | "dest")
}

fn is_hardware(name: &str) -> bool {
    matches!(name, "h_source" | "h_dest")
        || name == "mac"
        || name.ends_with("_mac")
        || name.starts_with("mac_")
}

/// A key of a longest-prefix map: how many bits count, and the bits.
pub(crate) fn prefix(bytes: &[u8]) -> Option<Value> {
    let (length, bits) = bytes.split_at_checked(4)?;
    let length = u32::from_ne_bytes(length.try_into().ok()?);
    let text = match bits.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(bits).ok()?).to_string(),
        16 => Ipv6Addr::from(<[u8; 16]>::try_from(bits).ok()?).to_string(),
        _ => return None,
    };
    Some(Value::Text(format!("{text}/{length}")))
}
