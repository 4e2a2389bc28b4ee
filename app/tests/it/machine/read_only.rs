//! A data directory that may only be read: from the start, or all of a sudden.

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::Command,
};

use super::{
    place::{Disk, check_log, is_root},
    shoppers::{Shoppers, lamp, order_lamp},
};
use crate::{
    buyer::{Buyer, PROGRAM, placed},
    command::{Said, fine},
};

const DISK_MIB: u32 = 32;

/// Somebody who may not read and write everywhere, as root may.
const NOBODY: u32 = 65_534;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// It ends with a sentence that names the folder.
fn assert_refused(said: &Said, folder: &str, why: &str) {
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(said.err.contains(folder) && said.err.contains(why), "{}", said.err);
    check_log(&said.err);
}

#[test]
fn a_read_only_disk_is_named_at_the_start() {
    let disk = Disk::of_mib(DISK_MIB);
    let folder = disk.data().to_str().expect("a plain path").to_owned();
    let mount_point = disk.mount_point();
    disk.remount("ro", &mount_point).expect("remounted");
    // Nothing is there yet, and nothing can be made.
    assert_refused(&disk.isotope(&SERVE), &folder, "Read-only file system");
    disk.remount("rw", &mount_point).expect("remounted");

    let process = disk.shop(&[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = lamp(&mut buyer);
    let order = placed(order_lamp(&mut buyer, &product, "before-it-is-read-only")).expect("it is placed");
    buyer.wait_for(&order, &["delivered"]);
    assert!(process.stop().expect("it stops").success());
    disk.remount("ro", &mount_point).expect("remounted");
    for arguments in [&SERVE[..], &["migrate"]] {
        assert_refused(&disk.isotope(arguments), &folder, "Read-only file system");
    }
    disk.remount("rw", &mount_point).expect("remounted");
    let process = disk.shop(&[]);
    Buyer::new(process.address, "ada").wait_for(&order, &["delivered"]);
    assert!(process.stop().expect("it stops").success());
    disk.check();
}

/// Linux makes no file system read-only while files on it are open for writing. What an administrator can do to a shop that runs is to put a
/// read-only view in its folder's place: open files go on, and new ones cannot be opened for writing.
#[test]
fn a_folder_that_becomes_read_only_under_a_shop_loses_nothing() {
    let disk = Disk::of_mib(DISK_MIB);
    let mount_point = disk.mount_point();
    let process = disk.shop(&[]);
    let shoppers = Shoppers::send(process.address, "shopper", 2);
    shoppers.wait_for_more(4);
    let refusal = disk.remount("ro", &mount_point).expect_err("files are open for writing");
    assert!(refusal.contains("busy"), "{refusal}");

    let folder = disk.data().to_str().expect("a plain path").to_owned();
    let view = disk.folder_beside("view");
    disk.mount(&["--bind", &folder, &view]).expect("bound");
    disk.remount("bind,ro", &view).expect("nobody has opened a file by this way");
    disk.mount(&["--bind", &view, &folder]).expect("what is bound again is read-only as before");
    let touched = disk.command("touch").arg(disk.data().join("file")).output().expect("it runs");
    assert!(!touched.status.success(), "the folder can be written");
    // What is open stays open: orders go on, and people can look around.
    shoppers.wait_for_more(4);
    let mut buyer = Buyer::new(process.address, "reader");
    assert_eq!(buyer.get("/products?limit=100").expect("an answer").status, 200);
    let orders = shoppers.go_home();
    for order in &orders {
        buyer.wait_for(order, &["delivered"]);
    }
    assert!(process.stop().expect("it stops").success());
    assert_refused(&disk.isotope(&SERVE), &folder, "Read-only file system");

    let unmounted = disk.command("umount").arg(&folder).status().expect("it runs");
    assert!(unmounted.success());
    let process = disk.shop(&[]);
    let mut buyer = Buyer::new(process.address, "later");
    for order in &orders {
        buyer.wait_for(order, &["delivered"]);
    }
    assert!(process.stop().expect("it stops").success());
    disk.check();
}

/// The rights that stand on a folder are a matter of who comes: tests that root runs come as somebody else.
#[test]
fn a_folder_of_somebody_else_is_named() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (data, program) = (directory.path().join("data"), directory.path().join("isotope"));
    let permit = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its permissions");
    };
    fine(&data, &["migrate"]);
    // Where root's programs lie, others may have no way to.
    std::fs::copy(PROGRAM, &program).expect("a copy");
    permit(directory.path(), 0o755);
    permit(&program, 0o755);
    // As the shop makes its folder, others may not even look into it.
    let mode = std::fs::metadata(&data).expect("the folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    if !is_root() {
        permit(&data, 0o000);
    }
    for arguments in [&SERVE[..], &["migrate"], &["events", "list"], &["audit"]] {
        let mut command = Command::new(&program);
        command.args(arguments).arg("--data").arg(&data).current_dir("/");
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let said: Said = command.output().expect("it runs").into();
        assert_refused(&said, data.to_str().expect("a plain path"), "Permission denied");
    }
    permit(&data, 0o700);
    fine(&data, &["audit"]);
}
