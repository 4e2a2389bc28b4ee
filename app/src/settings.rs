//! Settings: defaults, then a file, then flags. Every setting has a default, so none is needed to start.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// All settings of a shop.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The data directory.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many connections are open at once; others wait. The process's limit of open files must leave room for the databases' as
    /// well. At least 1.
    pub connections_max: u32,
    /// `postgres://...`; without it each service has a SQLite file in the data directory.
    pub database_url: Option<String>,
    /// How many demo products a first start lists. Past those written by hand, plain ones are made up.
    pub seed_products: u32,
    /// Units of each demo product on hand.
    pub seed_stock: u32,
    /// Time stands still until it is set through the admin API. For replays.
    pub virtual_clock: bool,
    /// What mail and pages say of the shop.
    pub shop: host::Shop,
    /// Settings of each service.
    pub catalog: catalog::Config,
    /// See [`inventory::Config`].
    pub inventory: inventory::Config,
    /// See [`cart::Config`].
    pub cart: cart::Config,
    /// See [`ordering::Config`].
    pub ordering: ordering::Config,
    /// See [`payment::Config`].
    pub payment: payment::Config,
    /// See [`fulfilment::Config`].
    pub fulfilment: fulfilment::Config,
    /// See [`identity::Config`].
    pub identity: identity::Config,
    /// See [`notification::Config`].
    pub notification: notification::Config,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            connections_max: host::ConnectionLimits::default().open_max,
            database_url: None,
            seed_products: catalog::seed::DEFAULT_COUNT as u32,
            seed_stock: 1_000,
            virtual_clock: false,
            shop: Default::default(),
            catalog: Default::default(),
            inventory: Default::default(),
            cart: Default::default(),
            ordering: Default::default(),
            payment: Default::default(),
            fulfilment: Default::default(),
            identity: Default::default(),
            notification: Default::default(),
        }
    }
}

impl Settings {
    /// The same settings without what only this installation may know, to be shown.
    pub fn masked(&self) -> Self {
        let database_url = self.database_url.as_deref().map(|url| {
            let (plain, password) = crate::backup::postgres::without_password(url);
            match password {
                Some(_) => plain.replacen('@', ":***@", 1),
                None => plain,
            }
        });
        Self { database_url, ..self.clone() }
    }

    /// The same settings of a shop that listens here: where nobody has said where its pages are, they are here.
    pub fn listening_on(&self, address: SocketAddr) -> Self {
        let mut settings = self.clone();
        settings.shop.url.get_or_insert_with(|| match address.ip().is_unspecified() {
            true => format!("http://localhost:{}", address.port()),
            false => format!("http://{address}"),
        });
        settings
    }

    /// Reads a settings file.
    ///
    /// # Errors
    /// It cannot be read, or names a setting that there is not.
    pub fn from_file(path: &std::path::Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the settings file {} cannot be read", path.display()))?;
        let settings: Self = toml::from_str(&text)
            .with_context(|| format!("the settings file {} is not valid", path.display()))?;
        if settings.connections_max == 0 {
            anyhow::bail!("the settings file {} is not valid: connections_max is at least 1", path.display());
        }
        let checked = settings.cart.pricing.check().map_err(|why| anyhow::anyhow!("cart.pricing.{why}"));
        let checked =
            checked.and_then(|()| settings.identity.check().map_err(|why| anyhow::anyhow!("identity.{why}")));
        let checked =
            checked.and_then(|()| settings.shop.check().map_err(|why| anyhow::anyhow!("shop.{why}")));
        let checked = checked.and_then(|()| {
            settings.notification.check(&settings.shop).map_err(|why| anyhow::anyhow!("notification.{why}"))
        });
        checked.with_context(|| format!("the settings file {} is not valid", path.display()))?;
        Ok(settings)
    }
}
