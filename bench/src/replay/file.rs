//! Opens the file, packed or not.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use anyhow::Context;

/// The text of a `.csv`, `.csv.gz` or `.csv.xz` file.
///
/// # Errors
/// There is no such file.
pub(super) fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let bytes = BufReader::with_capacity(1 << 16, file);
    Ok(match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
        Some("xz") => Box::new(lzma_rust2::XzReader::new(bytes, true)),
        _ => Box::new(bytes),
    })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{Read, Write},
    };

    use super::open;

    #[test]
    fn packed_and_plain_files_read_alike() {
        let folder = tempfile::tempdir().expect("a folder");
        let plain = folder.path().join("orders.csv");
        fs::write(&plain, "InvoiceNo\n1\n").expect("writes");

        let packed = folder.path().join("orders.csv.gz");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"InvoiceNo\n1\n").expect("packs");
        fs::write(&packed, gzip.finish().expect("packs")).expect("writes");

        for path in [plain, packed] {
            let mut text = String::new();
            open(&path).expect("opens").read_to_string(&mut text).expect("reads");
            assert_eq!(text, "InvoiceNo\n1\n", "{}", path.display());
        }
    }
}
