//! The dependency law: who may stand on whom. The tier is the first segment of a crate's path.

use super::{Crate, Violation, Workspace};

const BROKER_CLIENTS: [&str; 6] = ["async-nats", "lapin", "rdkafka", "redis", "tonic", "fred"];
const DATABASES: [&str; 6] = ["sea-orm", "sqlx", "rusqlite", "libsqlite3-sys", "tokio-postgres", "postgres"];
const RUNTIMES: [&str; 7] = ["tokio", "axum", "hyper", "reqwest", "tonic", "tower", "engine"];
const RANDOM: [&str; 4] = ["rand", "getrandom", "fastrand", "rand_core"];

/// Everybody waits for these two to compile.
const SMALL: [(&str, usize); 2] = [("platform/contracts", 10), ("xtask", 5)];

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    workspace
        .crates
        .iter()
        .flat_map(|member| {
            let path = format!("{}/Cargo.toml", member.folder);
            broken(workspace, member).into_iter().map(move |reason| Violation::of_file(&path, reason))
        })
        .collect()
}

fn broken(workspace: &Workspace, member: &Crate) -> Vec<String> {
    let dependencies = member.dependencies();
    let mut reasons = Vec::new();
    for (name, only_tests) in &dependencies {
        let reason = match workspace.crate_named(name) {
            Some(inner) => inside(&member.folder, &inner.folder, *only_tests),
            None => outside(&member.folder, name),
        };
        if let Some(reason) = reason {
            reasons.push(format!("`{}` may not depend on `{name}`: {reason}", member.name));
        }
    }
    let built = dependencies.iter().filter(|(_, only_tests)| !only_tests).count();
    for (folder, limit) in SMALL {
        if member.folder == folder && built > limit {
            reasons.push(format!(
                "`{}` has {built} dependencies, {limit} are allowed: every build waits for it, so it stays small",
                member.name
            ));
        }
    }
    reasons
}

/// Why a crate in folder `from` may not depend on the workspace's crate in folder `to`.
fn inside(from: &str, to: &str, only_tests: bool) -> Option<&'static str> {
    if to == "platform/testkit" {
        return (!only_tests && from != "bench")
            .then_some("testkit starts servers and is for tests: make it a dev-dependency");
    }
    if ["xtask", "bench", "sim"].contains(&to) {
        return Some("it is a program that tests or measures, and nothing is built on it");
    }
    let allowed: &[&str] = match from {
        "platform/contracts" => {
            return Some("contracts says what services tell one another and stands on no other crate");
        }
        "xtask" => return Some("every command waits for xtask to compile, so it stands on no other crate"),
        "platform/bus" => &["platform/contracts"],
        "platform/engine" => &["platform/contracts", "platform/bus"],
        "platform/host" => &["platform/contracts", "platform/bus", "platform/engine"],
        "platform/testkit" | "app" | "bench" => return None,
        "sim" if to.starts_with("services/") => return None,
        "sim" => &["platform/contracts", "platform/bus", "platform/engine"],
        _ if from.starts_with("services/") && to.starts_with("services/") => {
            return Some(
                "a service never imports another: it listens to its events or asks through a trait of contracts, so that each can run alone",
            );
        }
        _ if from.starts_with("services/") => {
            return (!to.starts_with("platform/")).then_some("services stand on the platform only");
        }
        _ if from.starts_with("edge/") && to.starts_with("services/") => {
            return Some("the edge knows only the HTTP contract, so that services can run anywhere");
        }
        _ if from.starts_with("edge/") => {
            return (!["platform/contracts", "platform/host"].contains(&to))
                .then_some("the edge stands on contracts and host only");
        }
        _ => {
            return Some(
                "this folder is no tier of DESIGN: say in tidy's dependency law what it may stand on",
            );
        }
    };
    if from == "sim" && !allowed.contains(&to) {
        return Some("the simulation runs rules and engine without HTTP, servers or files");
    }
    (!allowed.contains(&to)).then_some("the platform is layered: contracts, then bus, then engine, then host")
}

/// Why a crate in folder `from` may not depend on the published crate `name`.
fn outside(from: &str, name: &str) -> Option<&'static str> {
    if from.starts_with("services/") && BROKER_CLIENTS.contains(&name) {
        return Some("events travel by whatever the configuration says; only bus knows brokers");
    }
    if from.starts_with("edge/") && DATABASES.contains(&name) {
        return Some("the edge has no database: it asks services through their contract");
    }
    if from == "sim" && (RUNTIMES.contains(&name) || RANDOM.contains(&name)) {
        return Some("a seed is one schedule: its choices are the seed's, and nothing runs beside it");
    }
    let is_small = SMALL.iter().any(|(folder, _)| *folder == from);
    if is_small && (RUNTIMES.contains(&name) || DATABASES.contains(&name)) {
        return Some("it needs no runtime, no server and no database, and every build waits for it");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Workspace, check};

    fn messages(dependencies_of_cart: &str, extra: &[(&str, &str)]) -> Vec<String> {
        let cart = format!("[package]\nname = \"cart\"\n{dependencies_of_cart}");
        let mut files = vec![
            ("platform/contracts/Cargo.toml", "[package]\nname = \"contracts\"\n"),
            (
                "platform/bus/Cargo.toml",
                "[package]\nname = \"bus\"\n[dependencies]\ncontracts.workspace = true\n",
            ),
            (
                "platform/engine/Cargo.toml",
                "[package]\nname = \"engine\"\n[dependencies]\nbus.workspace = true\n",
            ),
            (
                "platform/testkit/Cargo.toml",
                "[package]\nname = \"testkit\"\n[dependencies]\napp.workspace = true\n",
            ),
            ("services/ordering/Cargo.toml", "[package]\nname = \"ordering\"\n"),
            ("app/Cargo.toml", "[package]\nname = \"app\"\n[dependencies]\ncart.workspace = true\n"),
            ("services/cart/Cargo.toml", cart.as_str()),
        ];
        files.extend_from_slice(extra);
        let workspace = Workspace::of(&files).expect("a workspace");
        check(&workspace).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn a_service_on_the_platform_is_fine() {
        let none: Vec<String> = Vec::new();
        let dependencies = "[dependencies]\ncontracts.workspace = true\nengine.workspace = true\n[dev-dependencies]\ntestkit.workspace = true\n";
        assert_eq!(messages(dependencies, &[]), none);
    }

    #[test]
    fn a_service_on_another_service_a_broker_or_the_app_is_not() {
        for (dependency, reason) in [
            ("ordering.workspace = true", "never imports another"),
            ("orders = { package = \"ordering\", path = \"../ordering\" }", "never imports another"),
            ("async-nats = \"1\"", "only bus knows brokers"),
            ("app.workspace = true", "platform only"),
            ("testkit.workspace = true", "dev-dependency"),
        ] {
            for section in ["dependencies", "target.'cfg(unix)'.dependencies"] {
                let found = messages(&format!("[{section}]\n{dependency}\n"), &[]);
                assert_eq!(found.len(), 1, "{dependency}: {found:?}");
                assert!(found[0].contains(reason), "{found:?}");
            }
        }
    }

    #[test]
    fn layers_and_small_crates_hold() {
        let host = "[package]\nname = \"host\"\n[dependencies]\nordering.workspace = true\n";
        let gateway =
            "[package]\nname = \"gateway\"\n[dependencies]\ncart.workspace = true\nsea-orm = \"2\"\n";
        let xtask =
            "[package]\nname = \"xtask\"\n[dependencies]\ncontracts.workspace = true\ntokio = \"1\"\n";
        let sim = "[package]\nname = \"sim\"\n[dependencies]\ncart.workspace = true\nengine.workspace = true\napp.workspace = true\ntokio = \"1\"\nrand = \"0.9\"\n";
        for (path, manifest, count) in [
            ("platform/host/Cargo.toml", host, 1),
            ("edge/gateway/Cargo.toml", gateway, 2),
            ("xtask/Cargo.toml", xtask, 2),
            ("sim/Cargo.toml", sim, 3),
        ] {
            let found = messages("", &[(path, manifest)]);
            assert_eq!(found.len(), count, "{found:?}");
            assert!(found.iter().all(|message| message.starts_with(path)), "{found:?}");
        }
    }
}
