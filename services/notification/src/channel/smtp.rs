//! Mail over SMTP, with a few connections that are used again. A connection is kept only after an exchange that came to its end,
//! so that no answer is ever taken for that of another mail.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use lettre::{
    Message,
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{Channel, Rendered, mail::compose};
use crate::{
    config::{CONNECTION_PATIENCE, Encryption, Smtp},
    domain::{Outcome, one_line},
};

/// The longest part of a server's words that is kept.
const WORDS_MAX: usize = 300;

/// Mail over SMTP.
pub(crate) struct SmtpChannel {
    from: Mailbox,
    address: (String, u16),
    tls: Encryption,
    tls_parameters: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
    room: Semaphore,
    idle: Arc<Mutex<Vec<AsyncSmtpConnection>>>,
}

impl SmtpChannel {
    /// Mail from this sender by this server.
    ///
    /// # Errors
    /// There is no password, or no encryption.
    pub(crate) fn new(from: Mailbox, smtp: &Smtp) -> Result<Self, String> {
        let password = smtp.password()?;
        let credentials = smtp.user.clone().map(|user| Credentials::new(user, password));
        let tls_parameters = TlsParameters::new_rustls(smtp.host.clone())
            .map_err(|error| format!("smtp.tls: {}", words(&error)))?;
        Ok(Self {
            hello: ClientId::Domain(from.email.domain().to_owned()),
            from,
            address: (smtp.host.clone(), smtp.port()),
            tls: smtp.tls,
            tls_parameters,
            credentials,
            timeout: Duration::from_millis(smtp.timeout_ms),
            room: Semaphore::new(smtp.connections_max),
            idle: Arc::default(),
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let at_once = (self.tls == Encryption::Tls).then(|| self.tls_parameters.clone());
        let address = (self.address.0.as_str(), self.address.1);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.timeout), &self.hello, at_once, None)
                .await?;
        if self.tls == Encryption::Starttls {
            connection.starttls(self.tls_parameters.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }

    /// A connection that works: one that was used before and still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        loop {
            let kept = self.idle.lock().pop();
            match kept {
                Some(mut kept) => {
                    if kept.test_connected().await {
                        return Ok(kept);
                    }
                }
                None => return self.connect().await,
            }
        }
    }

    async fn try_once(&self, mail: &Message) -> Outcome {
        // What a server says before it hears of a mail is about the shop or itself, and may be mended: no mail is lost to it.
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return Outcome::Retry(words(&error)),
        };
        match connection.send(mail.envelope(), &mail.formatted()).await {
            Ok(_) => {
                self.idle.lock().push(connection);
                Outcome::Sent
            }
            Err(error) if error.is_permanent() => Outcome::Refused(words(&error)),
            Err(error) => Outcome::Retry(words(&error)),
        }
    }
}

/// An error in one line, with its causes.
fn words(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    one_line(&text).chars().take(WORDS_MAX).collect()
}

#[async_trait]
impl Channel for SmtpChannel {
    async fn send(&self, rendered: &Rendered) -> Outcome {
        let mail = match compose(rendered, &self.from) {
            Ok(mail) => mail,
            Err(why) => return Outcome::Refused(why),
        };
        let Ok(Ok(_room)) = tokio::time::timeout(CONNECTION_PATIENCE, self.room.acquire()).await else {
            return Outcome::Busy;
        };
        // A connection whose exchange is cut off goes with the attempt.
        match tokio::time::timeout(self.timeout, self.try_once(&mail)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                Outcome::Retry(format!("the mail server took longer than {} ms", self.timeout.as_millis()))
            }
        }
    }
}
