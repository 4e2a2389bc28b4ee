//! Mail of a real shop: it arrives also when the shop is killed, and its settings are checked.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::{Value, json};
use testkit::{Client, MailServer};

use crate::{
    buyer::{Buyer, address, shop},
    command::{Said, ask_staff, command, fine},
};

const ORDERS: usize = 250;

/// Submitted, paid, shipped, delivered.
const MAILS: usize = 4 * ORDERS;

const BUYERS: usize = 5;

/// How long mail may take to come, on a machine that does other work.
const PATIENCE: Duration = Duration::from_secs(240);

/// A settings file of a shop whose mail goes to this port.
fn settings(directory: &Path, port: u16) -> PathBuf {
    let path = directory.join("shop.toml");
    let text = format!(
        "[shop]\nurl = \"https://shop.example.com\"\n\
         [notification]\nmail_by = \"smtp\"\nfrom = \"shop@example.com\"\n\
         [notification.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         [fulfilment]\npack_after_ms = 0\nship_after_ms = 0\ndeliver_after_ms = 0\n"
    );
    std::fs::write(&path, text).expect("written");
    path
}

fn wait_until(what: &str, mut asked: impl FnMut() -> bool) {
    let since = Instant::now();
    while !asked() {
        assert!(since.elapsed() < PATIENCE, "it never came to this: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Buys a lamp at once.
fn buy_one(buyer: &mut Buyer, product: &str, email: &str) {
    let body = json!({
        "product_id": product, "quantity": 1, "email": email,
        "total": { "amount": 8_900, "currency": "EUR" }, "shipping_method": "standard",
        "payment_method": "pm_mock_approve", "shipping_address": address(),
    });
    let answer = buyer.post("/orders", &body).expect("the shop answers");
    assert_eq!(answer.status, 202, "{}", answer.json());
}

/// Buys again and again, each time for another reader.
fn buy(mut buyer: Buyer, product: &str, number: usize) {
    for order in 0..ORDERS / BUYERS {
        buy_one(&mut buyer, product, &format!("reader{number}-{order}@example.com"));
    }
}

/// Notifications of a shop that was killed, by state.
fn ids(data: &Path, state: &str) -> BTreeSet<String> {
    let database = Connection::open(data.join("notification.db")).expect("a database");
    let mut rows = database.prepare("SELECT id FROM notifications WHERE state = ?1").expect("a query");
    let ids = rows.query_map([state], |row| row.get::<_, uuid::Uuid>(0)).expect("rows");
    ids.map(|id| id.expect("an id").to_string()).collect()
}

fn of_state(client: &mut Client, data: &Path, state: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ask_staff(client, data, &format!("notifications?state={state}&limit=100{cursor}"));
        found.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[test]
fn a_kill_in_the_middle_of_a_thousand_mails_loses_none_and_repeats_only_those_under_way() {
    let server = MailServer::start().expect("a mail server");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("data");
    let file = settings(directory.path(), server.port);
    let arguments = ["--config", file.to_str().expect("a plain path")];
    let process = shop(&data, &arguments);
    let address = process.address;
    let mut buyer = Buyer::new(address, "first");
    let product = buyer.get("/products/walnut-desk-lamp").expect("an answer").json();
    let product = product["id"].as_str().expect("a product").to_owned();
    let buyers: Vec<_> = (0..BUYERS)
        .map(|number| {
            let (buyer, product) = (Buyer::new(address, &number.to_string()), product.clone());
            std::thread::spawn(move || buy(buyer, &product, number))
        })
        .collect();
    buyers.into_iter().for_each(|buyer| buyer.join().expect("it has bought"));
    wait_until("the middle", || server.mails().expect("mails").len() > MAILS / 4);
    process.kill().expect("it is killed");
    let under_way = ids(&data, "queued");
    let at_kill = server.mails().expect("mails").len();
    assert!(at_kill < MAILS, "all was sent before the kill");

    let process = shop(&data, &arguments);
    let mut client = Client::new(process.address);
    wait_until("all are sent", || of_state(&mut client, &data, "sent").len() == MAILS);
    for state in ["queued", "failed", "suppressed"] {
        assert_eq!(of_state(&mut client, &data, state), Vec::<Value>::new(), "{state}");
    }
    let known: BTreeSet<String> = of_state(&mut client, &data, "sent")
        .iter()
        .map(|sent| sent["id"].as_str().expect("an id").to_owned())
        .collect();
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for mail in server.mails().expect("mails") {
        let name = mail.message_id.strip_prefix('<').and_then(|name| name.strip_suffix("@example.com>"));
        *arrived.entry(name.expect("a name of the shop's").to_owned()).or_default() += 1;
    }
    assert!(arrived.keys().eq(known.iter()), "each notification has arrived, and nothing else has");
    let repeats: BTreeSet<String> =
        arrived.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name.clone()).collect();
    assert!(repeats.is_subset(&under_way), "{repeats:?} {under_way:?}");
    assert!(arrived.values().all(|count| *count <= 2), "a mail is repeated once");
    println!("{at_kill} mails at the kill, {} under way, {} repeated", under_way.len(), repeats.len());
    assert!(process.stop().expect("it stops").success());
}

fn config(what: &str, file: &Path, password: Option<&str>) -> Said {
    let mut command = command(&["config", what, "--config", file.to_str().expect("a plain path")]);
    command.env_remove("ISOTOPE_SMTP_PASSWORD");
    if let Some(password) = password {
        command.env("ISOTOPE_SMTP_PASSWORD", password);
    }
    command.output().expect("it runs").into()
}

#[test]
fn a_broken_template_is_found_before_the_shop_starts() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let templates = directory.path().join("templates");
    std::fs::create_dir(&templates).expect("a folder");
    let file = directory.path().join("shop.toml");
    std::fs::write(&file, format!("[notification]\ntemplates = {templates:?}\n")).expect("written");
    let good = config("check", &file, None);
    assert_eq!((good.code, good.out.trim()), (0, "the settings are valid"), "{}", good.err);
    std::fs::write(templates.join("order_paid.html"), "<p>{{ nobody_knows }}</p>").expect("written");
    let wrong = config("check", &file, None);
    assert_eq!(wrong.code, 2, "{} {}", wrong.out, wrong.err);
    assert!(wrong.out.contains("notification.templates: template order_paid.html line 1"), "{}", wrong.out);
}

#[test]
fn the_mail_servers_password_is_needed_and_never_shown() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = settings(directory.path(), 25);
    let text = std::fs::read_to_string(&file).expect("the settings");
    std::fs::write(&file, text.replace("[fulfilment]", "user = \"shop\"\n[fulfilment]")).expect("written");
    let missing = config("check", &file, None);
    assert_eq!(missing.code, 2, "{}", missing.out);
    assert!(missing.out.contains("notification.smtp.user"), "{}", missing.out);
    let password = "open-sesame-7431";
    assert_eq!(config("check", &file, Some(password)).code, 0);
    let shown = config("show", &file, Some(password));
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("user = \"shop\"") && !shown.out.contains(password), "{}", shown.out);
}

#[test]
fn the_development_mailbox_is_in_no_backup() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("data");
    let process = shop(&data, &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.get("/products/walnut-desk-lamp").expect("an answer").json();
    buy_one(&mut buyer, product["id"].as_str().expect("a product"), "ada@example.com");
    let mut client = Client::new(process.address);
    wait_until("mail", || ask_staff(&mut client, &data, "mailbox")["items"] != json!([]));
    assert!(data.join("mailbox/mails.jsonl").is_file());
    let archive = directory.path().join("shop.tar");
    fine(&data, &["backup", "--to", archive.to_str().expect("a plain path")]);
    let mut archive = tar::Archive::new(std::fs::File::open(&archive).expect("an archive"));
    let names: Vec<String> = archive
        .entries()
        .expect("entries")
        .map(|entry| entry.expect("an entry").path().expect("a path").display().to_string())
        .collect();
    assert!(names.iter().any(|name| name.ends_with("notification.db")), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("mail")), "{names:?}");
}
