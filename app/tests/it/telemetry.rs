//! What those who watch over the shop see: metrics, request ids, a log without secrets.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use testkit::Client;

use crate::{
    buyer::{Buyer, PROGRAM, shop},
    people::{PASSWORD, Person, eventually},
};

/// A shop whose log, with all that it can say, goes to a file as JSON.
fn logging_shop(data: &Path, log: &Path) -> (Ended, SocketAddr) {
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--listen", "127.0.0.1:0", "--grace-period", "0s", "--seed-products", "3", "--data"])
        .arg(data)
        .env("ISOTOPE_LOG", "trace")
        .env("ISOTOPE_LOG_FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(File::create(log).expect("a log"))
        .spawn()
        .expect("the shop starts");
    let mut line = String::new();
    let output = child.stdout.take().expect("an output");
    BufReader::new(output).read_line(&mut line).expect("the shop says where it listens");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    (Ended(child), address.parse().expect("an address"))
}

/// A process that ends with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn no_line_of_the_log_has_a_secret_and_each_names_its_request() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (data, log) = (directory.path().join("data"), directory.path().join("log"));
    let (_process, address) = logging_shop(&data, &log);
    let mut secrets = vec![("password", PASSWORD.to_owned())];
    let mut operator = Person::operator(address, &data);
    let admin_token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
    secrets.push(("admin token", admin_token.trim().to_owned()));
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada Lovelace"});
    let mut guest = Person::guest(address, "guest");
    let signed_up = guest.ask("POST", "/customers", Some(body), 201);
    for kind in ["access_token", "refresh_token"] {
        secrets.push((kind, signed_up["session"][kind].as_str().expect("a token").to_owned()));
    }
    let again = json!({"refresh_token": signed_up["session"]["refresh_token"]});
    let refreshed = guest.ask("POST", "/auth/refresh", Some(again), 200);
    secrets.push((
        "refreshed",
        refreshed.to_string().split('"').max_by_key(|part| part.len()).expect("a token").to_owned(),
    ));
    let wrong = json!({"email": "ada@example.com", "password": "a wrong guess of it"});
    guest.ask("POST", "/auth/login", Some(wrong), 401);
    secrets.push(("wrong password", "a wrong guess of it".to_owned()));
    let sam = Person::staff(&mut operator, "sam@example.com", "admin");
    secrets.push(("staff's token", sam.token().to_owned()));
    let mut buyer = Buyer::new(address, "ada");
    let products = buyer.products().expect("products");
    let product = products[0]["id"].as_str().expect("an id");
    let placed = buyer.buy(product, 1, "pm_secret_of_a_card").expect("an answer").expect("an order");
    secrets.push(("payment token", "pm_secret_of_a_card".to_owned()));
    secrets.push(("order token", placed.token.clone()));
    buyer.wait_for(&placed, &["cancelled"]);
    // What goes wrong is told with more words, and not with these either.
    let _ =
        Client::new(address).send("POST", "/api/v1/auth/login", &[], Some(b"{\"password\":\"half a body"));
    secrets.push(("half a body", "half a body".to_owned()));
    let named = Client::new(address)
        .get("/api/v1/products", &[("x-request-id", "named-by-me.1")])
        .expect("an answer");
    assert_eq!(named.header("x-request-id"), Some("named-by-me.1"));
    let odd =
        Client::new(address).get("/api/v1/products", &[("x-request-id", "{\"odd\"}")]).expect("an answer");
    assert!(odd.header("x-request-id").is_some_and(|id| id.len() == 36), "{odd:?}");

    let text = || std::fs::read_to_string(&log).expect("the log");
    eventually("the log has the request", || text().contains("named-by-me.1"));
    let lines: Vec<Value> = text()
        .lines()
        .filter(|line| line.ends_with('}'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let of_request = |line: &&Value| line["span"]["id"] == "named-by-me.1";
    let answered = lines.iter().find(of_request).expect("a line of the request");
    assert_eq!(answered["span"]["route"], "/api/v1/products");
    for (what, secret) in secrets {
        assert!(secret.len() >= 10, "{what} is too short to look for");
        let found = text().lines().find(|line| line.contains(&secret)).map(str::to_owned);
        assert_eq!(found, None, "the log has the {what}");
    }
}

#[test]
fn metrics_tell_requests_batches_effects_and_lag() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &["--seed-products", "3"]);
    let mut buyer = Buyer::new(process.address, "ada");
    let products = buyer.products().expect("products");
    let product = products[0]["id"].as_str().expect("an id");
    let placed = buyer.buy(product, 1, "pm_mock_approve").expect("an answer").expect("an order");
    buyer.wait_for(&placed, &["paid", "packed", "shipped", "delivered"]);
    let text = String::from_utf8(Client::new(process.address).get("/metrics", &[]).expect("metrics").body)
        .expect("text");
    let value = |name: &str| -> f64 {
        let line =
            text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
        line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    for at_least_one in [
        "isotope_http_requests_total{method=\"POST\",route=\"/api/v1/carts/{id}/checkout\",status=\"2xx\"}",
        "isotope_http_request_seconds_count{method=\"POST\",route=\"/api/v1/carts/{id}/checkout\"}",
        "isotope_events_total{service=\"ordering\"}",
        "isotope_events_consumed_total{service=\"ordering\"}",
        "isotope_batch_messages_count{service=\"ordering\"}",
        "isotope_batch_seconds_sum{service=\"ordering\"}",
        "isotope_effects_begun_total{service=\"payment\"}",
        "isotope_effects_answered_total{service=\"payment\"}",
    ] {
        assert!(value(at_least_one) > 0.0, "{at_least_one}");
    }
    assert_eq!(value("isotope_effects_given_up_total{service=\"payment\"}"), 0.0);
    assert!(value("isotope_consumer_lag_events{consumer=\"payment\",source=\"ordering\"}") >= 0.0);
    assert!(text.contains("# TYPE isotope_parked_messages gauge"));
    assert!(value("isotope_effects_open{service=\"payment\"}") >= 0.0);
    // Every line is one that Prometheus reads: a comment, or a name with labels and a number.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, number) = line.rsplit_once(' ').expect("a name and a number");
        assert!(name.starts_with("isotope_") && number.parse::<f64>().is_ok(), "{line}");
    }
    assert!(process.stop().expect("it stops").success());
}
