//! The dimensions that inputs make possible, each a few customers with the working beside them.

use super::Shop;

/// Profit is revenue less cost, exactly; the share of discounted orders is price sensitivity.
#[test]
fn d10_d17_profit_and_discount_share() {
    let orders = "id:text at:date amount:decimal cost:decimal discount:decimal
        a 2025-01-01 10.00 7.35 0.00
        a 2025-01-02 5.10 9.99 1.00
        a 2025-01-03 1.00 0.10 -
        b 2025-01-01 0.10 0.30 0.05
        c 2025-01-01 3.00 1.00 0.00";
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}
metrics:
  order_count: count(*)
  profit: sum(amount) - sum(cost)
  discount_share: {expr: count(*), where: discount > 0, per: order_count}
bands:
  value: {of: profit, cumulative: {high: 0.60, low: 1}}
segments:
  price:
    rules: [{id: hunter, when: discount_share >= 0.5}, {id: mixed, when: discount_share > 0}]
    default: full_price
";
    // a: 16.10 - 17.44 = -1.34, b: 0.10 - 0.30 = -0.20, c: 3 - 1 = 2. Losses are in the last band.
    Shop::new(&[("orders", orders)], rules).check(
        "id profit discount_share value price
         a -1.34 1/3 low mixed
         b -0.20 1 low hunter
         c 2.00 0 high full_price",
    );
}

/// Who brought whom, and what these bought: an event table by the one who referred.
#[test]
fn d11_referrals() {
    let orders =
        "id:text at:date amount:int\n a 2025-01-01 10\n b 2025-01-05 20\n c 2025-01-06 30\n d 2025-01-07 40";
    let referrals = "referrer:text joined:date friend:text first_order:int
        a 2025-01-05 b 20
        a 2025-01-06 c 30
        c 2025-01-07 d 40
        a 2025-01-08 b -";
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}
  referrals: {path: referrals.parquet, columns: {customer: referrer, time: joined, amount: first_order}}
metrics:
  referred: {from: referrals, expr: count(distinct friend), where: amount is not null}
  brought: {from: referrals, expr: sum(amount)}
  revenue: sum(amount)
  worth: revenue + brought
";
    let run = Shop::new(&[("orders", orders), ("referrals", referrals)], rules).check(
        "id referred brought revenue worth
         a 2 50.00 10.00 60.00
         b 0 0.00 20.00 20.00
         c 1 40.00 30.00 70.00
         d 0 0.00 40.00 40.00",
    );
    assert_eq!(
        run.rejected,
        ["referrals.parquet 4 null_amount a"],
        "an amount that is not there is a bad row"
    );
}

/// Where a customer came from is an attribute; where they buy is a metric.
#[test]
fn d12_source_and_channel() {
    let orders = "id:text at:date amount:int channel:text
        a 2025-01-01 10 web\n a 2025-01-02 30 store\n b 2025-01-05 20 web\n b 2025-01-06 5 web";
    let customers = "id:text source:text\n a advertisement\n b referral\n c online";
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}
  customers: {path: customers.parquet, columns: {customer: id}, attributes: [source]}
metrics:
  revenue: sum(amount)
  online_share: {expr: sum(amount), where: channel = 'web', per: revenue}
  channel: top(channel, sum(amount))
segments:
  origin:
    rules:
      - {id: bought_online, when: \"source in ('advertisement', 'online') and online_share > 0.2\"}
      - {id: friends, when: source = 'referral'}
    default: other
";
    Shop::new(&[("orders", orders), ("customers", customers)], rules).check(
        "id source revenue online_share channel origin
         a advertisement 40.00 1/4 store bought_online
         b referral 25.00 1 web friends
         c online 0.00 - - other",
    );
}

/// The top category by spend and by count, and groups of categories by `case`.
#[test]
fn d13_d14_preference_and_category_groups() {
    let orders = "id:text at:date amount:int category:text
        a 2025-01-01 50 shoes
        a 2025-01-02 10 shirts
        a 2025-01-03 10 shirts
        b 2025-01-01 10 tea
        b 2025-01-02 10 coffee
        c 2025-01-02 10 -";
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}
metrics:
  by_spend: top(category, sum(amount))
  by_count: top(category, count(*))
  group: \"top(case when category in ('shoes', 'shirts') then 'apparel' when category is null then 'none' else 'drinks' end, sum(amount))\"
  apparel: {expr: sum(amount), where: \"category in ('shoes', 'shirts')\"}
  taste: case when by_spend in ('tea', 'coffee') then 'drinks' when by_spend is not null then 'apparel' else 'none' end
";
    // Of tea and coffee, equal in both, the smaller text is the top.
    Shop::new(&[("orders", orders)], rules).check(
        "id by_spend by_count group apparel taste
         a shoes shirts apparel 70.00 apparel
         b coffee coffee drinks 0.00 drinks
         c - - none 0.00 none",
    );
}

/// Age bands by breaks on a derived age, sex, income and occupation in rules.
#[test]
fn d15_age_sex_income_occupation() {
    let customers = "id:text birth_year:int sex:text income:decimal occupation:text
        a 1999 f 5000.00 teacher
        b 1990 m 12000.00 engineer
        c 1960 f 3000.00 retired
        d - m - -
        e 2000 f 12000.00 engineer";
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at}}
  customers: {path: customers.parquet, columns: {customer: id}, attributes: [birth_year, sex, income, occupation]}
metrics:
  age: year(as_of) - birth_year
scores:
  age_band: {of: age, breaks: [25, 36, 60]}
  income_band: {of: income, breaks: [4000, 10000.00]}
segments:
  steady:
    rules:
      - {id: target, when: age between 25 and 35 and income >= 5000 and occupation <> 'student'}
      - {id: women, when: sex = 'f'}
    default: other
";
    let shop = Shop::new(&[("orders", "id:text at:date\n a 2025-01-01"), ("customers", customers)], rules);
    // As of 2025: 26, 35, 65, unknown, 25. A break is reached at its value.
    shop.check(
        "id age age_band income income_band steady
         a 26 2 5000.00 2 target
         b 35 2 12000.00 3 target
         c 65 4 3000.00 1 women
         d - - - - other
         e 25 2 12000.00 3 target",
    );
}

/// Regions and city tiers are attributes of the customer, or the last place of an order.
#[test]
fn d16_geography() {
    let orders = "id:text at:date city:text\n a 2025-01-01 Xian\n a 2025-01-02 Beijing\n b 2025-01-01 Wuhan";
    let customers = "id:text region:text city_tier:int\n a north 1\n b central 2\n c south -";
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at}}
  customers: {path: customers.parquet, columns: {customer: id}, attributes: [region, city_tier]}
metrics:
  n: count(*)
  last_city: last(city)
scores:
  density: {of: city_tier, breaks: [1, 2], best: low}
segments:
  place:
    rules: [{id: big_city, when: city_tier = 1 or last_city = 'Wuhan'}, {id: south, when: region = 'south'}]
    default: elsewhere
";
    // `best: low`: tier 1 is within both breaks, tier 2 within one.
    Shop::new(&[("orders", orders), ("customers", customers)], rules).check(
        "id region city_tier last_city density place
         a north 1 Beijing 3 big_city
         b central 2 Wuhan 2 big_city
         c south - - - south",
    );
}

/// Orders with all that a shop knows of them: a customer, an order of several lines, a time, an amount, a status, a channel,
/// a category and a cost.
#[test]
fn i1_orders_with_every_column() {
    let orders =
        "who:text receipt:text at:naive paid:decimal status:text channel:text category:text cost:decimal
        a 1 2025-01-01T10:00:00 10.00 completed web tea 4.00
        a 1 2025-01-01T10:00:00 5.50 completed web rice 1.25
        a 2 2025-01-20T23:30:00 7.00 completed store tea 3.00
        a 3 2025-01-21T10:00:00 99.00 cancelled web rice 1.00
        b 4 2025-01-31T08:00:00 3.00 completed store rice 4.00
        b 5 2025-01-31T09:00:00 - completed store rice 4.00";
    let rules = "inputs:
  orders:
    path: orders.parquet
    columns: {customer: who, order: receipt, time: at, amount: paid}
    grain: line
    where: status = 'completed'
metrics:
  orders: count(distinct order)
  recency: days_since(max(time))
  revenue: sum(amount)
  in_store: {expr: sum(amount), where: channel = 'store'}
  favourite: top(category, sum(amount))
  profit: sum(amount) - sum(cost)
";
    // The line without an amount is set aside, the cancelled order does not count.
    let run = Shop::new(&[("orders", orders)], rules).check(
        "who orders recency revenue in_store favourite profit
         a 2 11 22.50 7.00 tea 14.25
         b 1 0 3.00 3.00 rice -1.00",
    );
    assert_eq!(run.rejected.len(), 1, "{:?}", run.rejected);
}
