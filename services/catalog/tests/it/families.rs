use catalog::{
    Catalog, Message, Reply,
    domain::{NewProduct, NewVariant, Product, ProductChange, ProductOption, ProductStatus},
};
use contracts::{
    Envelope, ProductId, Refusal, TaxClass,
    events::catalog::{ProductCreated, ProductDeleted, ProductUpdated},
};
use engine::harness::Harness;

use crate::{create, euro, new_product};

fn variant(harness: &mut Harness<Catalog>, values: &[&str]) -> NewVariant {
    NewVariant {
        product_id: harness.new_id().into(),
        slug: None,
        sku: None,
        option_values: values.iter().map(|value| (*value).to_owned()).collect(),
        price: None,
        weight_grams: None,
    }
}

/// A shirt in M and L, blue; answers its id and those of its variants.
fn shirt(harness: &mut Harness<Catalog>) -> (ProductId, Vec<ProductId>) {
    let option = |name: &str, values: &[&str]| ProductOption {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let variants = vec![variant(harness, &["M", "blue"]), variant(harness, &["L", "blue"])];
    let ids = variants.iter().map(|variant| variant.product_id).collect();
    let family = NewProduct {
        options: vec![option("Size", &["M", "L"]), option("Colour", &["blue"])],
        variants,
        ..new_product(harness, "Shirt")
    };
    let family_id = family.product_id;
    create(harness, vec![family]).expect("created");
    (family_id, ids)
}

fn change(
    harness: &mut Harness<Catalog>,
    product_id: ProductId,
    change: ProductChange,
) -> Result<Product, Refusal> {
    match harness.command(Message::ChangeProduct { product_id, revision: None, change })? {
        Reply::Product(product) => Ok(product),
        other => panic!("a product, not {other:?}"),
    }
}

fn subjects(events: &[Envelope]) -> Vec<String> {
    events.iter().map(|event| event.subject.clone()).collect()
}

fn strings(ids: &[ProductId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn only_what_can_be_bought_is_announced() {
    let mut harness = Harness::new(Catalog);
    let (family_id, ids) = shirt(&mut harness);
    let published = harness.published();
    assert_eq!(subjects(&published), strings(&ids));
    let event: ProductCreated = published[0].read().expect("a product.created");
    assert_eq!(event.name, "Shirt, M, blue");
    let family = harness.row::<Product>(family_id).expect("the family");
    assert!(family.is_family() && family.status == ProductStatus::Listed);
    let row = harness.row::<Product>(ids[0]).expect("a variant");
    assert_eq!((row.status, row.parent_id), (ProductStatus::Unlisted, Some(family_id)));
    assert_eq!(row.slug, "shirt-m-blue");
}

#[test]
fn variants_follow_their_family() {
    let mut harness = Harness::new(Catalog);
    let (family_id, ids) = shirt(&mut harness);
    harness.published();
    let renamed = ProductChange {
        name: Some("Blouse".to_owned()),
        tax_class: Some(TaxClass::Reduced),
        description: Some("Light.".to_owned()),
        ..ProductChange::default()
    };
    change(&mut harness, family_id, renamed).expect("changed");
    let published = harness.published();
    assert_eq!(subjects(&published), strings(&ids));
    let event: ProductUpdated = published[1].read().expect("a product.updated");
    assert_eq!((event.name.as_str(), event.tax_class), ("Blouse, L, blue", TaxClass::Reduced));
    let described = ProductChange { description: Some("Airy.".to_owned()), ..ProductChange::default() };
    change(&mut harness, family_id, described).expect("changed");
    assert!(harness.published().is_empty(), "others keep no copy of a description");

    let own = ProductChange { weight_grams: Some(99), ..ProductChange::default() };
    assert_eq!(change(&mut harness, ids[0], own).expect("its own").weight_grams, 99);
    assert_eq!(harness.published_types(), ["product.updated.v1"]);
    for familys in [
        ProductChange { name: Some("Mine".to_owned()), ..ProductChange::default() },
        ProductChange { status: Some(ProductStatus::Listed), ..ProductChange::default() },
        ProductChange { category_ids: Some(Vec::new()), ..ProductChange::default() },
    ] {
        assert_eq!(
            change(&mut harness, ids[0], familys).expect_err("the family's").code,
            "belongs_to_family"
        );
    }
}

#[test]
fn a_family_goes_with_its_variants_and_costs_what_the_cheapest_does() {
    let mut harness = Harness::new(Catalog);
    let (family_id, ids) = shirt(&mut harness);
    let price = |harness: &mut Harness<Catalog>| harness.row::<Product>(family_id).expect("there").price();
    harness.command(Message::ChangePrice { product_id: ids[0], price: euro(900) }).expect("changed");
    assert_eq!(price(&mut harness), euro(900));
    harness.published();
    let delete = |harness: &mut Harness<Catalog>, product_id| {
        harness.command(Message::DeleteProduct { product_id, revision: None }).expect("deleted")
    };
    delete(&mut harness, ids[0]);
    assert_eq!(price(&mut harness), euro(1_999));
    assert_eq!(subjects(&harness.published()), strings(&ids[..1]));
    for _ in 0..2 {
        delete(&mut harness, family_id);
    }
    let published = harness.published();
    assert_eq!(subjects(&published), strings(&ids[1..]));
    let event: ProductDeleted = published[0].read().expect("a product.deleted");
    assert_eq!(event.product_id, ids[1]);
    let late = variant(&mut harness, &["XL", "blue"]);
    let refused = harness.command(Message::AddVariant { family_id, variant: late }).expect_err("gone");
    assert_eq!(refused.code, "product_deleted");
}

#[test]
fn a_change_for_another_revision_changes_nothing() {
    let mut harness = Harness::new(Catalog);
    let mug = new_product(&mut harness, "Mug");
    let product_id = mug.product_id;
    create(&mut harness, vec![mug]).expect("created");
    harness.published();
    let renamed = ProductChange { name: Some("Cup".to_owned()), ..ProductChange::default() };
    for revision in [0, 2] {
        let message =
            Message::ChangeProduct { product_id, revision: Some(revision), change: renamed.clone() };
        assert_eq!(harness.command(message).expect_err("another").code, "precondition_failed");
    }
    let message = Message::ChangeProduct { product_id, revision: Some(1), change: renamed };
    harness.command(message).expect("the one");
    assert_eq!(harness.published_types(), ["product.updated.v1"]);
    assert_eq!(harness.row::<Product>(product_id).map(|product| product.revision), Some(2));
}
