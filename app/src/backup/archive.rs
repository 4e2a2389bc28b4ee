//! The archive: a tar whose first entries say what follows.

use std::{
    fs::File,
    io::{BufWriter, Read, Write},
    path::Path,
};

use anyhow::Context as _;
use contracts::ServiceName;
use sha2::{Digest, Sha256};

use super::{ARCHIVE_FORMAT, ArchivedFile, MANIFEST, MANIFEST_DIGEST, Manifest};

/// Digests in hexadecimal.
pub(super) fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Says what the files of a folder are.
pub(super) fn manifest(
    store: &str,
    taken_at: String,
    folder: &Path,
    names: &[String],
) -> anyhow::Result<Manifest> {
    let mut files = Vec::new();
    for name in names {
        let mut file = File::open(folder.join(name))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            bytes += read as u64;
        }
        files.push(ArchivedFile { name: name.clone(), bytes, sha256: hexadecimal(&hash.finalize()) });
    }
    Ok(Manifest {
        format: ARCHIVE_FORMAT,
        isotope: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at,
        store: store.to_owned(),
        services: ServiceName::ALL.iter().map(ServiceName::to_string).collect(),
        files,
    })
}

/// Writes the archive, and has it on disk. Each file goes from the folder as it is archived, so that a backup needs little more room than it takes.
pub(super) fn write(path: &Path, manifest: &Manifest, folder: &Path) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    // It holds the shop's secrets.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut archive = tar::Builder::new(BufWriter::new(file));
    let text = serde_json::to_vec_pretty(manifest)?;
    let digest = hexadecimal(&Sha256::digest(&text));
    append(&mut archive, MANIFEST, text.len() as u64, &text[..])?;
    append(&mut archive, MANIFEST_DIGEST, digest.len() as u64, digest.as_bytes())?;
    for archived in &manifest.files {
        let source = folder.join(&archived.name);
        append(&mut archive, &archived.name, archived.bytes, File::open(&source)?)?;
        std::fs::remove_file(&source)?;
    }
    let mut writer = archive.into_inner()?;
    writer.flush()?;
    writer.get_ref().sync_all()?;
    Ok(())
}

fn append(
    archive: &mut tar::Builder<BufWriter<File>>,
    name: &str,
    bytes: u64,
    content: impl Read,
) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_entry_type(tar::EntryType::Regular);
    archive.append_data(&mut header, name, content)
}
