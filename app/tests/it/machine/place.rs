//! A small disk for a data directory, in a mount namespace of its own: nothing stays behind when its keeper ends.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use testkit::ShopProcess;

use crate::{buyer::PROGRAM, command::Said};

/// What a file of this name on the disk takes away from the shop.
const FILLER: &str = "filler";

/// Parcels wait for nobody.
const SETTINGS: &str = "[fulfilment]\npack_after_ms = 0\nship_after_ms = 0\ndeliver_after_ms = 0\n";

/// Makes the disk, says so, and keeps the namespace until its standard input ends.
const KEEP: &str = "mount -t tmpfs -o \"size=$1,mode=700\" tmpfs \"$0\" && echo mounted && exec cat";

/// A disk that only the processes started on it see under its path.
pub struct Disk {
    keeper: Child,
    root: tempfile::TempDir,
}

/// Whether this process may mount without a user namespace.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").expect("/proc").uid() == 0
}

impl Disk {
    /// An empty disk of so many MiB.
    pub fn of_mib(size: u32) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(root.path().join("disk")).expect("a folder");
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["sh", "-c", KEEP]).arg(root.path().join("disk")).arg(format!("{size}m"));
        let keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut keeper = keeper.expect("unshare runs (Debian package util-linux)");
        let mut line = String::new();
        let said = keeper.stdout.take().expect("its standard output");
        BufReader::new(said).read_line(&mut line).expect("its words");
        assert_eq!(line, "mounted\n", "a tmpfs cannot be mounted, neither as root nor in a user namespace");
        Self { keeper, root }
    }

    /// The data directory, as the shop sees it.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("disk/data")
    }

    /// A file of the data directory, as this process sees it.
    pub fn file(&self, name: &str) -> PathBuf {
        let inside = self.data().join(name);
        let inside = inside.strip_prefix("/").expect("an absolute path");
        Path::new("/proc").join(self.keeper.id().to_string()).join("root").join(inside)
    }

    /// A command that runs where the disk is.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--target", &self.keeper.id().to_string()]);
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program).stdin(Stdio::null());
        command
    }

    /// Runs a command of the shop's program on the data directory.
    pub fn isotope(&self, arguments: &[&str]) -> Said {
        let mut command = self.command(PROGRAM);
        command.args(arguments).arg("--data").arg(self.data());
        command.output().expect("nsenter runs (Debian package util-linux)").into()
    }

    /// Mounts something; whether that was allowed, and the words where it was not.
    pub fn mount(&self, arguments: &[&str]) -> Result<(), String> {
        let output = self.command("mount").args(arguments).output().expect("nsenter runs");
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Mounts again what is mounted at a place, with these options and no others; the words where that was refused.
    pub fn remount(&self, options: &str, place: &str) -> Result<(), String> {
        // The options that it has name users of outside, whom a user namespace does not know.
        self.mount(&["--options-mode", "ignore", "-o", &format!("remount,{options}"), "none", place])
    }

    /// An empty folder that is not on the disk.
    pub fn folder_beside(&self, name: &str) -> String {
        let folder = self.root.path().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        folder.to_str().expect("a plain path").to_owned()
    }

    /// Where the disk is mounted.
    pub fn mount_point(&self) -> String {
        self.root.path().join("disk").to_str().expect("a plain path").to_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.root.path().join("log")
    }

    /// Starts a shop whose orders need no grace period and whose parcels wait for nobody; what it logs is kept beside the disk.
    pub fn shop(&self, arguments: &[&str]) -> ShopProcess {
        let log = OpenOptions::new().create(true).append(true).open(self.log_path()).expect("a log");
        let mut command = self.command(PROGRAM);
        command.stderr(log);
        let settings = self.root.path().join("shop.toml");
        std::fs::write(&settings, SETTINGS).expect("written");
        let settings = settings.to_str().expect("a plain path");
        let all: Vec<&str> =
            ["--grace-period", "0s", "--config", settings].iter().chain(arguments).copied().collect();
        ShopProcess::start_by(command, &self.data(), &all)
            .unwrap_or_else(|error| panic!("the shop starts: {error}: {}", self.log()))
    }

    /// What the shops of this disk have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn filler(&self) -> PathBuf {
        self.file(&format!("../{FILLER}"))
    }

    /// Fills the disk but for so many KiB.
    pub fn fill_but(&self, kib: usize) {
        let mut file = File::options().create(true).append(true).open(self.filler()).expect("a file");
        while file.write_all(&[0; 4_096]).is_ok() {}
        let length = file.metadata().expect("the filler").len();
        file.set_len(length.saturating_sub(kib as u64 * 1_024)).expect("cut");
    }

    /// Fills what is left.
    pub fn fill(&self) {
        self.fill_but(0);
    }

    /// Gives the space back.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).expect("removed");
    }

    /// The audit's report says that everything adds up.
    pub fn check(&self) {
        let said = self.isotope(&["audit", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err));
        assert_eq!(report["clean"], true, "{report:#}");
        check_log(&self.log());
    }
}

/// Nothing in the log is an error of the program.
pub fn check_log(log: &str) {
    for words in ["panic", "an error of the program", "breaks a constraint"] {
        assert!(!log.contains(words), "`{words}` is in the log: {log}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
