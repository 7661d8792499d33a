//! x
use super::Context;
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}
pub(super) async fn serve(_: Arguments, _: &Context) -> anyhow::Result<u8> {
    Ok(0)
}
