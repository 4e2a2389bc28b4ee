//! Logs and their consumers: no gap, no event without a cause, none left unread, none handled twice.

use std::collections::{BTreeMap, BTreeSet};

use bus::Logged;
use contracts::{
    Event, ServiceName,
    events::{cart::CartCheckedOut, payment::WalletToppedUp},
};
use engine::{Field, Service};
use uuid::Uuid;

use super::{Violation, hold};
use crate::{shop::Shop, world::World};

fn logs(shop: &Shop) -> Vec<(ServiceName, Vec<Logged>)> {
    let log = |name: ServiceName| (name, shop.books(name).events(name).unwrap_or_default());
    shop.services().into_iter().map(log).collect()
}

/// Positions count from 1 in each partition, sequences from 1 for each subject, and every event was caused by another or by a command.
pub(super) fn logs_have_no_gaps(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "logs_have_no_gaps";
    let logs = logs(&world.shop);
    let mut known: BTreeSet<Uuid> = world.shop.commands.clone();
    for logged in logs.iter().flat_map(|(_, log)| log) {
        let is_new = known.insert(logged.event.id);
        hold(is_new, || Violation::new(RULE, format!("an event has an id that is taken: {logged:?}")))?;
    }
    for (name, log) in &logs {
        let mut positions: BTreeMap<u8, i64> = BTreeMap::new();
        let mut sequences: BTreeMap<&str, i64> = BTreeMap::new();
        for logged in log {
            let position = positions.entry(logged.partition).or_default();
            let sequence = sequences.entry(&logged.event.subject).or_default();
            (*position, *sequence) = (*position + 1, *sequence + 1);
            let follows = (logged.position, logged.event.sequence) == (*position, *sequence);
            let is_caused = known.contains(&logged.event.causation_id);
            hold(follows && is_caused, || {
                let message = format!(
                    "{name}: position {position} and sequence {sequence} are expected, and its cause (known: {is_caused}), of {logged:?}"
                );
                Violation::new(RULE, message).about(logged.event.correlation_id)
            })?;
        }
    }
    Ok(())
}

/// A consumer handles an event once.
pub(super) fn handled_once(world: &mut World) -> Result<(), Violation> {
    let twice = world.handled.iter().find(|(_, times)| **times > 1);
    hold(twice.is_none(), || {
        Violation::new("handled_once", format!("a consumer has handled an event more than once: {twice:?}"))
    })
}

/// Every consumer's watermark stands at the end of each log that it reads.
pub(super) fn consumers_are_at_the_end(world: &mut World) -> Result<(), Violation> {
    let shop = &world.shop;
    let mut ends: BTreeMap<(String, u8), i64> = BTreeMap::new();
    for (name, log) in logs(shop) {
        for logged in log {
            ends.insert((name.to_string(), logged.partition), logged.position);
        }
    }
    for (consumer, sources) in consumers() {
        let service = consumer.split('.').next().and_then(|name| name.parse().ok());
        let Some(service) = service else { continue };
        let marks = shop.books(service).watermarks(&consumer).unwrap_or_default();
        for ((source, partition), end) in &ends {
            if !sources.iter().any(|name| name.as_str() == source) {
                continue;
            }
            let mark = marks.get(&(source.clone(), source.clone(), *partition)).copied().unwrap_or(0);
            hold(mark == *end, || {
                let message =
                    format!("{consumer} stands at {mark} of {source}/{partition}, which ends at {end}");
                Violation::new("consumers_are_at_the_end", message)
            })?;
        }
    }
    Ok(())
}

fn consumers() -> Vec<(String, BTreeSet<ServiceName>)> {
    fn of<S: Service>(service: &S) -> (String, BTreeSet<ServiceName>) {
        (
            S::NAME.to_string(),
            service.subscriptions().iter().map(|subscription| subscription.source).collect(),
        )
    }
    let ordering = ordering::Ordering::new(&ordering::Config::default());
    let mut consumers = vec![
        of(&inventory::Inventory::new(&inventory::Config::default())),
        of(&cart::Carts::default()),
        of(&ordering),
        of(&payment::Payments),
        of(&fulfilment::Fulfilment::new(&fulfilment::Config::default())),
    ];
    for projection in ordering.projections() {
        let sources = projection.subscriptions().iter().map(|subscription| subscription.source).collect();
        consumers.push((format!("{}.{}", ServiceName::Ordering, projection.name()), sources));
    }
    consumers
}

/// The timeline of orders has all of their events, and is the same when it is made anew.
pub(super) fn read_models_are_rebuilt_alike(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "read_models_are_rebuilt_alike";
    let mut wanted: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for (name, log) in logs(&world.shop) {
        for Logged { event, .. } in log {
            let is_shown = match name {
                ServiceName::Catalog | ServiceName::Identity | ServiceName::Notification => false,
                ServiceName::Cart => event.kind == CartCheckedOut::TYPE,
                ServiceName::Inventory => event.kind.starts_with("inventory.order_"),
                ServiceName::Payment => event.kind != WalletToppedUp::TYPE,
                ServiceName::Ordering | ServiceName::Fulfilment => true,
            };
            if is_shown {
                wanted.insert((event.correlation_id, event.id));
            }
        }
    }
    let rules = ordering::Ordering::new(&ordering::Config::default());
    for projection in rules.projections() {
        let rows = world.shop.books(ServiceName::Ordering).raw_rows(projection.table()).unwrap_or_default();
        let ids = |row: engine::Row| {
            Some((Uuid::from_value(row[0].clone()).ok()?, Uuid::from_value(row[1].clone()).ok()?))
        };
        let shown: BTreeSet<(Uuid, Uuid)> = rows.into_iter().filter_map(ids).collect();
        hold(shown == wanted, || {
            let differing = shown.symmetric_difference(&wanted).next();
            let message =
                format!("{} and the logs differ, first in (order, event) {differing:?}", projection.name());
            Violation::new(RULE, message)
        })?;
    }
    let differing = world.shop.node(ServiceName::Ordering).rebuild();
    let rebuilt_alike = matches!(differing, Ok(0));
    hold(rebuilt_alike, || Violation::new(RULE, format!("rows that differ when made anew: {differing:?}")))
}
