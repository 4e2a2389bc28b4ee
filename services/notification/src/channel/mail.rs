//! A notification as a mail.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use super::Rendered;
use crate::domain::one_line;

/// Says that a program has written the mail, so that no absence note answers it (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The mail of a notification. Its name follows from the notification alone, so that a repeat has the same one.
///
/// # Errors
/// Why there can be none; such as that the recipient is no address.
pub(super) fn compose(rendered: &Rendered, from: &Mailbox) -> Result<Message, String> {
    compose_with(rendered, from, rendered.text.clone(), rendered.html.clone())
}

/// The headers of a notification's mail, each on one line. To put its words into the form of a mail is most of the work, and is not done.
///
/// # Errors
/// See [`compose`].
pub(super) fn headers(rendered: &Rendered, from: &Mailbox) -> Result<Vec<(String, String)>, String> {
    let mail = compose_with(rendered, from, String::new(), String::new())?;
    let lines = mail.headers().to_string().replace("\r\n ", " ").replace("\r\n\t", " ");
    let pairs = lines.lines().filter_map(|line| line.split_once(": "));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn compose_with(rendered: &Rendered, from: &Mailbox, text: String, html: String) -> Result<Message, String> {
    let address: Address = rendered
        .recipient
        .parse()
        .map_err(|error| format!("the recipient is not an address that mail can go to: {error}"))?;
    let date = UNIX_EPOCH + Duration::from_micros(rendered.at.0.max(0).unsigned_abs());
    let name = rendered.name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(one_line(&rendered.subject))
        .message_id(Some(format!("<{}@{}>", rendered.notification_id, from.email.domain())))
        .date(date)
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(|error| format!("no mail can be made of it: {error}"))
}

#[cfg(test)]
mod tests {
    use contracts::Timestamp;
    use uuid::Uuid;

    use super::compose;
    use crate::channel::Rendered;

    fn rendered() -> Rendered {
        Rendered {
            notification_id: Uuid::from_u128(7),
            recipient: "ada@example.com".into(),
            name: Some("Ada Lovelace".into()),
            subject: "Order — thank you".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            at: Timestamp(1_767_225_600_000_000),
        }
    }

    fn headers(rendered: &Rendered) -> String {
        let from = "Shöp <shop@example.com>".parse().expect("an address");
        let mail = String::from_utf8(compose(rendered, &from).expect("a mail").formatted()).expect("ASCII");
        mail.split("\r\n\r\n").next().expect("headers").to_owned()
    }

    #[test]
    fn a_mail_has_its_headers() {
        let headers = headers(&rendered());
        for line in [
            "To: \"Ada Lovelace\" <ada@example.com>",
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.com>",
            "Date: Thu, 01 Jan 2026 00:00:00 +0000",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(headers.lines().any(|header| header == line), "`{line}` is not in {headers}");
        }
        assert!(headers.contains("Subject: Order =?utf-8?"), "{headers}");
    }

    #[test]
    fn no_name_and_no_subject_adds_a_header() {
        let evil = "Ada\r\nBcc: all@example.com\r\n\r\n<p>";
        let rendered = Rendered { name: Some(evil.into()), subject: evil.into(), ..rendered() };
        let headers = headers(&rendered);
        assert!(!headers.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{headers}");
        assert!(headers.contains("Auto-Submitted"), "{headers}");
    }

    #[test]
    fn what_is_no_address_gets_no_mail() {
        let from = "shop@example.com".parse().expect("an address");
        for recipient in ["", "ada", "ada@example.com\r\nBcc: all@example.com", "a b@example.com"] {
            let rendered = Rendered { recipient: recipient.into(), ..rendered() };
            assert!(compose(&rendered, &from).is_err(), "{recipient}");
        }
    }
}
