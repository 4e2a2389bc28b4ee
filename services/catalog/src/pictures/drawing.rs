//! A drawing as SVG.

use super::PictureName;

/// In pixels.
pub(crate) const WIDTH: u32 = 800;
/// In pixels.
pub(crate) const HEIGHT: u32 = 800;

pub(crate) fn draw(name: PictureName) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\"><title>{name}</title></svg>"
    )
}

/// The drawing's `ETag`: FNV-1a of its text.
pub(crate) fn version(svg: &str) -> String {
    let hash = svg.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("\"{hash:016x}\"")
}
