//! The service's settings.

use std::{path::PathBuf, time::Duration};

use host::{Shop, email};
use lettre::{Address, message::Mailbox};
use serde::{Deserialize, Serialize};

use crate::render::Renderer;

/// How mail leaves the shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailBy {
    /// It does not: it goes into the development mailbox, which admins read over HTTP.
    #[default]
    Mailbox,
    /// Over SMTP.
    Smtp,
}

/// Whether and when a connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// After a plain greeting. A server that does not offer it gets no mail.
    #[default]
    Starttls,
    /// From the first byte.
    Tls,
    /// Never. For a server on the same machine.
    None,
}

/// The mail server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port; where none is given, 587, 465 or 25, as the encryption has it.
    pub port: Option<u16>,
    /// Whether and when a connection is encrypted.
    pub tls: Encryption,
    /// Who logs in; nobody where none is given.
    pub user: Option<String>,
    /// A file that holds the password; without one it is in the environment, as `ISOTOPE_SMTP_PASSWORD`.
    pub password_file: Option<PathBuf>,
    /// Connections at once.
    pub connections_max: usize,
    /// How long one mail may take, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: None,
            tls: Encryption::default(),
            user: None,
            password_file: None,
            connections_max: 8,
            timeout_ms: 7_000,
        }
    }
}

/// What a mail may take and what it waits for a connection come to less than the engine's patience with a call, which is 10 s.
const TIMEOUT_MS_MAX: u64 = 8_000;

/// How long a mail waits for a connection before it is put back.
pub(crate) const CONNECTION_PATIENCE: Duration = Duration::from_millis(1_500);

impl Smtp {
    /// The port.
    pub(crate) fn port(&self) -> u16 {
        let usual = match self.tls {
            Encryption::Starttls => 587,
            Encryption::Tls => 465,
            Encryption::None => 25,
        };
        self.port.unwrap_or(usual)
    }

    /// The password; an empty one where nobody logs in.
    ///
    /// # Errors
    /// Somebody logs in, and there is no password.
    pub(crate) fn password(&self) -> Result<String, String> {
        if self.user.is_none() {
            return Ok(String::new());
        }
        match &self.password_file {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    format!("smtp.password_file: {} cannot be read: {error}", path.display())
                })?;
                Ok(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            None => std::env::var("ISOTOPE_SMTP_PASSWORD").map_err(|_| {
                "smtp.user: its password is neither in smtp.password_file nor in ISOTOPE_SMTP_PASSWORD"
                    .to_owned()
            }),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.host.is_empty()
            || self.host.chars().any(|letter| letter.is_whitespace() || letter.is_control())
        {
            return Err("smtp.host: not the name of a server".to_owned());
        }
        if !(1..=64).contains(&self.connections_max) {
            return Err(format!("smtp.connections_max: {} is not between 1 and 64", self.connections_max));
        }
        if !(100..=TIMEOUT_MS_MAX).contains(&self.timeout_ms) {
            return Err(format!(
                "smtp.timeout_ms: {} is not between 100 and {TIMEOUT_MS_MAX}",
                self.timeout_ms
            ));
        }
        self.password().map(|_| ())
    }
}

/// The service's settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How mail leaves the shop.
    pub mail_by: MailBy,
    /// The address that mail comes from. Its domain names the mails as well.
    pub from: String,
    /// Where the shop's own mail goes, such as that a product is running out; nowhere where none is given.
    pub shop_email: Option<String>,
    /// A folder of templates that take the place of those with the same names.
    pub templates: Option<PathBuf>,
    /// How long after an event mail about it is still of use, in hours.
    pub news_hours: u32,
    /// How long sending is tried, in hours.
    pub give_up_after_hours: u32,
    /// How many mails the development mailbox keeps.
    pub mailbox_mails_max: usize,
    /// The mail server, for mail by SMTP.
    pub smtp: Smtp,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mail_by: MailBy::default(),
            from: "shop@localhost".to_owned(),
            shop_email: None,
            templates: None,
            news_hours: 72,
            give_up_after_hours: 48,
            mailbox_mails_max: 1_000,
            smtp: Smtp::default(),
        }
    }
}

impl Config {
    /// Says what a shop may not be run with. Every template is put to the test.
    ///
    /// # Errors
    /// The setting at fault, and why.
    pub fn check(&self, shop: &Shop) -> Result<(), String> {
        self.sender(shop)?;
        if self.mail_by == MailBy::Smtp {
            self.smtp.check()?;
            email(&self.from, &()).map_err(|why| format!("from: {why}"))?;
            if shop.url.is_none() {
                return Err(
                    "mail_by: mail that leaves the shop has links, which would lead to this machine; \
                            set url under [shop] to where customers reach the shop"
                        .to_owned(),
                );
            }
        }
        if let Some(address) = &self.shop_email {
            email(address, &()).map_err(|why| format!("shop_email: {why}"))?;
        }
        let ranges = [
            ("news_hours", self.news_hours as usize, 24 * 365),
            ("give_up_after_hours", self.give_up_after_hours as usize, 24 * 7),
            ("mailbox_mails_max", self.mailbox_mails_max, 10_000),
        ];
        for (name, value, most) in ranges {
            if !(1..=most).contains(&value) {
                return Err(format!("{name}: {value} is not between 1 and {most}"));
            }
        }
        let renderer = Renderer::new(shop, self.templates.as_deref());
        let checked = renderer.map_err(|faults| faults.to_string()).and_then(|renderer| renderer.check());
        checked.map_err(|faults| format!("templates: {faults}"))
    }

    /// Whom mail comes from.
    ///
    /// # Errors
    /// The address is none.
    pub(crate) fn sender(&self, shop: &Shop) -> Result<Mailbox, String> {
        let address: Address =
            self.from.parse().map_err(|error| format!("from: {} is no address: {error}", self.from))?;
        Ok(Mailbox::new(Some(crate::domain::one_line(&shop.name)), address))
    }
}

#[cfg(test)]
mod tests {
    use host::Shop;

    use super::{Config, MailBy, Smtp};

    #[test]
    fn a_shop_that_could_not_send_is_told_why() {
        let nowhere = Shop::default();
        let shop = Shop { url: Some("https://shop.example.com".into()), ..Shop::default() };
        assert_eq!(Config::default().check(&nowhere), Ok(()));
        let smtp = Config { mail_by: MailBy::Smtp, from: "shop@example.com".into(), ..Config::default() };
        assert_eq!(smtp.check(&shop), Ok(()));
        let said = smtp.check(&nowhere).expect_err("links to this machine");
        assert!(said.starts_with("mail_by") && said.contains("[shop]"), "{said}");
        for (wrong, word) in [
            (Config { from: "nobody".into(), ..Config::default() }, "from"),
            (Config { mail_by: MailBy::Smtp, ..Config::default() }, "from"),
            (Config { shop_email: Some("a\r\nb@example.com".into()), ..Config::default() }, "shop_email"),
            (Config { mailbox_mails_max: 0, ..Config::default() }, "mailbox_mails_max"),
            (
                Config { smtp: Smtp { timeout_ms: 60_000, ..Smtp::default() }, ..smtp.clone() },
                "smtp.timeout_ms",
            ),
            (Config { smtp: Smtp { host: String::new(), ..Smtp::default() }, ..smtp.clone() }, "smtp.host"),
            (
                Config {
                    smtp: Smtp {
                        user: Some("shop".into()),
                        password_file: Some("/nowhere/at/all".into()),
                        ..Smtp::default()
                    },
                    ..smtp.clone()
                },
                "smtp.password_file",
            ),
            (Config { templates: Some("/nowhere/at/all".into()), ..Config::default() }, "templates"),
        ] {
            let said = wrong.check(&shop).expect_err(word);
            assert!(said.starts_with(word), "{said}");
        }
    }
}
