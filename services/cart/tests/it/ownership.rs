//! Whose a cart is.

use cart::{
    Message, Reply,
    domain::{Cart, CurrentCart},
};
use contracts::{
    CartId, Currency, CustomerId, ProductId, Refusal, ServiceName,
    events::identity::{CustomerCartClaimed, CustomerDeleted},
};
use engine::harness::Fate;
use uuid::Uuid;

use crate::{Shop, address, euro};

const ADA: CustomerId = CustomerId(Uuid::from_u128(0xada));
const BOB: CustomerId = CustomerId(Uuid::from_u128(0xb0b));

impl Shop {
    fn command_of(&mut self, caller: Option<CustomerId>, command: Message) -> Result<Reply, Refusal> {
        self.harness.command(Message::From { caller, command: Box::new(command) })
    }

    fn cart_of(&mut self, customer: CustomerId) -> CartId {
        let cart_id = self.harness.new_id().into();
        let create = Message::Create { cart_id, currency: Currency::EUR };
        self.command_of(Some(customer), create).expect("opened");
        cart_id
    }

    fn claim(&mut self, customer: CustomerId, cart_id: CartId) -> Result<Cart, Refusal> {
        match self.command_of(Some(customer), Message::Claim { cart_id, customer_id: customer })? {
            Reply::Cart(cart) => Ok(*cart),
            other => panic!("a cart, not {other:?}"),
        }
    }

    fn lines(&mut self, cart_id: CartId) -> Vec<(ProductId, u32)> {
        self.cart(cart_id).lines.into_iter().map(|line| (line.product_id, line.quantity)).collect()
    }

    fn current(&mut self, customer: CustomerId) -> Option<CartId> {
        self.harness.row::<CurrentCart>(customer).map(|current| current.cart_id)
    }
}

#[test]
fn a_customers_cart_is_nobody_elses() {
    let mut shop = Shop::new();
    let mug = shop.product(euro(1_500));
    let cart_id = shop.cart_of(ADA);
    assert_eq!((shop.cart(cart_id).customer_id, shop.current(ADA)), (Some(ADA), Some(cart_id)));
    let add = || Message::AddItem { cart_id, product_id: mug, quantity: 1 };
    for stranger in [None, Some(BOB)] {
        for command in [add(), Message::Touch { cart_id }, Message::RemoveItem { cart_id, product_id: mug }] {
            let refusal = shop.command_of(stranger, command).expect_err("not the cart of {stranger:?}");
            assert_eq!(refusal.code, "cart_not_found");
        }
    }
    assert!(shop.claim(BOB, cart_id).is_err());
    shop.command_of(Some(ADA), add()).expect("added");
    assert_eq!(shop.lines(cart_id), [(mug, 1)]);
}

#[test]
fn a_guests_cart_is_claimed_with_what_was_in_the_one_before() {
    let mut shop = Shop::new();
    let [mug, lamp, chair] = [1_500, 900, 4_000].map(|price| shop.product(euro(price)));
    let earlier = shop.cart_of(ADA);
    for (product_id, quantity) in [(mug, 5), (lamp, 2)] {
        shop.command_of(Some(ADA), Message::AddItem { cart_id: earlier, product_id, quantity })
            .expect("added");
    }
    shop.command_of(Some(ADA), Message::SetShippingAddress { cart_id: earlier, address: address() })
        .expect("an address");
    let cart_id = shop.open();
    shop.add(cart_id, mug, 1).expect("added");
    shop.add(cart_id, chair, 1).expect("added");
    shop.harness.published();

    shop.claim(ADA, cart_id).expect("claimed");
    assert_eq!(shop.lines(cart_id), [(mug, 1), (chair, 1), (lamp, 2)], "what was chosen last stands");
    assert_eq!(shop.lines(earlier), [(mug, 5)]);
    assert_eq!((shop.cart(cart_id).customer_id, shop.current(ADA)), (Some(ADA), Some(cart_id)));
    assert!(shop.cart(cart_id).shipping_address.is_some());
    assert_eq!(shop.harness.published_types(), ["cart.item.removed.v1", "cart.item.added.v1"]);
    assert_eq!(shop.indexed(), 4, "the index knows where each product is now");
    shop.claim(ADA, cart_id).expect("claimed already");
    assert_eq!(shop.lines(cart_id).len(), 3);
    assert!(shop.harness.published_types().is_empty());
}

#[test]
fn carts_that_are_ordered_or_in_another_currency_move_nothing() {
    let mut shop = Shop::new();
    let mug = shop.product(euro(1_500));
    let pound = shop.product(contracts::Money::new(900, Currency::GBP));
    let ordered = shop.filled(mug);
    shop.check_out(ordered, euro(1_990)).expect("checked out");
    assert_eq!(shop.claim(ADA, ordered).expect_err("it is an order").code, "cart_checked_out");
    let earlier = shop.cart_of(ADA);
    shop.command_of(Some(ADA), Message::AddItem { cart_id: earlier, product_id: pound, quantity: 1 })
        .expect("added");
    let cart_id = shop.filled(mug);
    shop.claim(ADA, cart_id).expect("claimed");
    assert_eq!((shop.lines(cart_id).len(), shop.lines(earlier).len()), (1, 1));
}

#[test]
fn a_login_claims_its_cart_once_and_never_anothers() {
    let mut shop = Shop::new();
    let mug = shop.product(euro(1_500));
    let guests = shop.filled(mug);
    let bobs = shop.cart_of(BOB);
    let unknown: CartId = shop.harness.new_id().into();
    for cart_id in [guests, bobs, unknown] {
        let event = CustomerCartClaimed { customer_id: ADA, cart_id };
        let logged = shop.harness.make_event(ServiceName::Identity, ADA, &event);
        assert_eq!(shop.harness.deliver(&logged), Fate::Handled);
        assert_eq!(shop.harness.deliver(&logged), Fate::Skipped);
    }
    assert_eq!(shop.current(ADA), Some(guests));
    assert_eq!((shop.cart(guests).customer_id, shop.cart(bobs).customer_id), (Some(ADA), Some(BOB)));
    assert!(shop.harness.parked().is_empty());
}

#[test]
fn a_deleted_account_leaves_nothing_in_its_carts() {
    let mut shop = Shop::new();
    let mug = shop.product(euro(1_500));
    let carts: Vec<CartId> = (0..120)
        .map(|_| {
            let cart_id = shop.filled(mug);
            shop.claim(ADA, cart_id).expect("claimed");
            cart_id
        })
        .collect();
    let bobs = shop.filled(mug);
    shop.claim(BOB, bobs).expect("claimed");
    let deleted = CustomerDeleted { customer_id: ADA };
    assert_eq!(shop.harness.event(ServiceName::Identity, ADA, &deleted), Fate::Handled);
    shop.harness.advance(std::time::Duration::from_secs(1));
    for cart_id in carts {
        let cart = shop.cart(cart_id);
        assert!(cart.lines.is_empty() && cart.shipping_address.is_none());
    }
    assert_eq!(shop.current(ADA), None);
    assert_eq!(shop.lines(bobs), [(mug, 1)]);
    assert_eq!(shop.indexed(), 1);
}
