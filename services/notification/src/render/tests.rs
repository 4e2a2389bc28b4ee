//! Every template filled, and what becomes of those that are wrong.

use contracts::{Currency, Money, OrderId};
use host::{Secrets, Shop};
use uuid::Uuid;

use super::{Renderer, samples};
use crate::domain::{Kind, Letter, Line, Order, Subject};

fn renderer() -> Renderer {
    let shop = Shop { name: "Lamps & More".into(), url: Some("https://shop.example.com/".into()) };
    Renderer::new(&shop, None).expect("the shop's own templates")
}

/// A renderer with one template of the test's own, or what is wrong with it.
fn with_template(name: &str, source: &str) -> Result<Renderer, String> {
    let folder = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(folder.path().join(name), source).expect("written");
    Renderer::new(&Shop::default(), Some(folder.path())).map_err(|error| error.to_string())
}

fn submitted(name: &str, product: &str) -> Letter {
    let total = Money::new(1_780, Currency::EUR);
    let line = Line { name: product.into(), quantity: 2, total };
    let order = Order { id: OrderId(Uuid::from_u128(7)), lines: vec![line], total };
    Letter { name: Some(name.into()), subject: Subject::OrderSubmitted { order } }
}

#[test]
fn every_kind_has_a_sample_and_is_filled() {
    let renderer = renderer();
    let samples = samples();
    for kind in Kind::ALL {
        assert!(samples.iter().any(|letter| letter.subject.kind() == kind), "{kind:?}");
    }
    for letter in samples {
        let words = renderer.render(&letter, None).expect("filled");
        let hello = letter.name.as_ref().map_or("Hello,".to_owned(), |name| format!("Hello {name},"));
        for part in [&words.text, &words.html] {
            assert!(part.contains(&hello), "{part}");
            assert!(!part.contains("{{") && !part.contains("{%"), "{part}");
        }
        assert_eq!(renderer.subject(&letter).expect("filled"), words.subject);
        assert!(
            !words.subject.is_empty() && words.text.lines().all(|line| !line.contains('<')),
            "{}",
            words.text
        );
        assert!(!words.text.contains("\n\n\n"), "{}", words.text);
        assert!(words.html.contains("Lamps &amp; More") && words.text.contains("Lamps & More"));
        if let Some(order) = letter.subject.order() {
            let url = format!("https://shop.example.com/orders/{}", order.id);
            assert!(words.text.contains(&url) && words.html.contains(&url), "{}", words.html);
            assert!(words.text.contains("EUR 149.90"), "{}", words.text);
        }
    }
}

#[test]
fn a_name_with_markup_is_text() {
    let words = renderer().render(&submitted("<script>alert(1)</script>", "Lamp \"A\" & <b>B</b>"), None);
    let html = words.expect("filled").html;
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    assert!(html.contains("Lamp &quot;A&quot; &amp; &lt;b&gt;B&lt;/b&gt;"), "{html}");
}

#[test]
fn a_links_token_is_made_for_the_mail_and_left_out_of_previews() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let links = Secrets::load(directory.path()).expect("new secrets").link_tokens();
    for (kind, page) in [(Kind::VerifyEmail, "verify-email"), (Kind::ResetPassword, "reset-password")] {
        let letter = samples().into_iter().find(|letter| letter.subject.kind() == kind).expect("a sample");
        let link = letter.subject.link().expect("it has one");
        let token = match kind {
            Kind::VerifyEmail => links.issue(link.id, host::LinkKind::VerifyEmail),
            _ => links.issue(link.id, host::LinkKind::ResetPassword),
        };
        let url = format!("https://shop.example.com/{page}?token={token}");
        let words = renderer().render(&letter, Some(&links)).expect("filled");
        assert!(words.text.contains(&url) && words.html.contains(&url), "{}", words.text);
        let preview = renderer().render(&letter, None).expect("filled");
        assert!(!preview.text.contains(&token) && !preview.html.contains(&token));
        assert!(preview.text.contains("?token=..."), "{}", preview.text);
    }
}

#[test]
fn a_template_of_a_folder_takes_its_place() {
    let renderer = with_template("order_submitted.subject.txt", "Merci, {{ name }}\n").expect("good");
    let words = renderer.render(&submitted("Ada", "Lamp"), None).expect("filled");
    assert_eq!(words.subject, "Merci, Ada");
    assert!(words.text.contains("Thank you"), "the others stay");
    assert_eq!(renderer.check(), Ok(()));
}

#[test]
fn a_broken_template_is_named() {
    let said = with_template("order_paid.html", "<p>\n{% if %}").err().expect("no template");
    assert!(said.contains("order_paid.html line 2"), "{said}");
    let said = with_template("order_payed.html", "<p>").err().expect("no such name");
    assert!(said.contains("order_payed.html: there is no template of this name"), "{said}");
    let renderer = with_template("order_paid.txt", "{{ nothing_of_this_name }}").expect("understood");
    let said = renderer.check().expect_err("not filled");
    assert!(said.contains("template order_paid.txt line 1: undefined value"), "{said}");
    assert!(renderer.render(&submitted("Ada", "Lamp"), None).is_ok(), "other kinds are not touched");
}
