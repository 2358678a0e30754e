//! What columns are called, in English, Chinese and German: how likely a name is for a role.

/// Words of names, the likeliest first: a name is one of them, or holds it.
pub(super) struct Words {
    /// What it is called.
    pub(super) yes: &'static [&'static str],
    /// Words that stand in such names and mean something else.
    pub(super) no: &'static [&'static str],
}

pub(super) const CUSTOMER: Words = Words {
    yes: &[
        "customer_unique_id",
        "customer_id",
        "customer_no",
        "customer_number",
        "customer",
        "user_id",
        "member_id",
        "client_id",
        "buyer_id",
        "account_id",
        "card_no",
        "sold_to",
        "cust",
        "user",
        "member",
        "client",
        "buyer",
        "account",
        "shopper",
        "uid",
        "客户编号",
        "客户号",
        "会员号",
        "会员卡号",
        "会员编号",
        "用户id",
        "客户",
        "用户",
        "会员",
        "买家",
        "顾客",
        "kundennr",
        "kundennummer",
        "kunden_nr",
        "kunden_nummer",
        "kunden_id",
        "kunde",
    ],
    no: &[
        "kundenname",
        "kundengruppe",
        "kundentyp",
        "name",
        "type",
        "segment",
        "group",
        "city",
        "state",
        "country",
        "region",
        "zip",
        "age",
        "gender",
        "birth",
        "level",
        "tier",
        "agent",
        "status",
        "姓名",
        "名称",
        "昵称",
        "等级",
        "类型",
        "性别",
        "年龄",
        "城市",
        "生日",
        "订单",
        "状态",
        "级别",
    ],
};

pub(super) const ORDER: Words = Words {
    yes: &[
        "order_id",
        "order_no",
        "order_number",
        "invoice_no",
        "invoice_id",
        "invoice",
        "order",
        "transaction",
        "receipt",
        "bill",
        "订单号",
        "订单编号",
        "交易号",
        "小票号",
        "流水号",
        "单号",
        "订单",
        "bestellnr",
        "bestellnummer",
        "auftragsnr",
        "auftragsnummer",
        "rechnungsnr",
        "rechnungsnummer",
        "belegnr",
        "belegnummer",
    ],
    no: &[
        "date", "time", "at", "day", "month", "year", "status", "state", "type", "amount", "total", "value",
        "price", "qty", "quantity", "priority", "channel", "source", "count", "line", "item", "customer",
        "name", "时间", "日期", "金额", "状态", "类型", "数量", "来源", "渠道", "总额", "客户", "快递",
        "运单", "物流",
    ],
};

pub(super) const TIME: Words = Words {
    yes: &[
        "ordered_at",
        "order_datetime",
        "order_timestamp",
        "order_date",
        "order_time",
        "invoice_date",
        "purchased_at",
        "purchase_date",
        "transaction_date",
        "paid_at",
        "created_at",
        "下单时间",
        "下单日期",
        "订单时间",
        "订单日期",
        "交易时间",
        "成交时间",
        "付款时间",
        "支付时间",
        "创建时间",
        "timestamp",
        "datetime",
        "date",
        "created",
        "paid",
        "visited",
        "at",
        "day",
        "time",
        "时间",
        "日期",
        "bestelldatum",
        "auftragsdatum",
        "rechnungsdatum",
        "belegdatum",
        "datum",
    ],
    no: &[
        "geburtsdatum",
        "lieferdatum",
        "id",
        "no",
        "number",
        "count",
        "zone",
        "timezone",
        "birth",
        "days",
        "times",
        "amount",
        "by",
        "hour",
        "minute",
        "生日",
        "次数",
        "天数",
        "金额",
    ],
};

/// What is money for sure.
pub(super) const AMOUNT: Words = Words {
    yes: &[
        "order_amount",
        "amount",
        "order_total",
        "line_total",
        "total_price",
        "total",
        "revenue",
        "sales",
        "turnover",
        "实付金额",
        "实付",
        "订单金额",
        "付款金额",
        "销售额",
        "金额",
        "总额",
        "总价",
        "实收",
        "gesamtbetrag",
        "rechnungsbetrag",
        "bestellwert",
        "betrag",
        "umsatz",
        "gesamtpreis",
    ],
    no: NO_AMOUNT,
};

/// What is money where nothing else is.
pub(super) const PERHAPS_AMOUNT: Words =
    Words { yes: &["net", "paid", "payment", "value", "price", "spend", "价格", "价"], no: NO_AMOUNT };

const NO_AMOUNT: &[&str] = &[
    "id", "qty", "quantity", "units", "count", "discount", "cost", "tax", "number", "year", "month", "age",
    "unit", "refund", "shipping", "at", "date", "items", "数量", "折扣", "成本", "优惠", "退款", "运费",
    "税", "单价", "次数",
];

pub(super) const QUANTITY: Words = Words {
    yes: &["quantity", "qty", "units", "数量", "件数", "menge", "anzahl"],
    no: &["total", "stock", "库存", "price"],
};

pub(super) const UNIT_PRICE: Words = Words {
    yes: &[
        "unit_price",
        "price_per_unit",
        "item_price",
        "price",
        "单价",
        "售价",
        "价格",
        "einzelpreis",
        "stückpreis",
    ],
    no: &["total", "discount", "cost", "总", "折扣", "成本", "list"],
};

pub(super) const STATUS: Words = Words {
    yes: &["order_status", "status", "state", "订单状态", "状态"],
    no: &["customer", "shipping", "会员", "物流"],
};

pub(super) const CATEGORY: Words = Words {
    yes: &["category", "department", "product_type", "product", "品类", "类别", "类目", "商品", "产品"],
    no: &["id", "code", "price", "编号", "编码", "单价", "价格", "数量", "金额"],
};

/// What shows that an order does not count.
pub(super) const CANCELLED: &[&str] = &[
    "cancel",
    "refund",
    "return",
    "void",
    "fail",
    "reject",
    "unpaid",
    "pending",
    "chargeback",
    "取消",
    "退款",
    "退货",
    "失败",
    "关闭",
    "待付款",
    "未付款",
    "未支付",
    "待支付",
    "作废",
];

impl Words {
    /// How likely a name is, the less the likelier: whole names before words of names, before parts of words.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let name = snake_case(name);
        if let Some(whole) = self.yes.iter().position(|word| name == *word) {
            return Some(whole);
        }
        let parts: Vec<&str> = name.split('_').collect();
        let holds = |word: &&str| if word.is_ascii() { parts.contains(word) } else { name.contains(word) };
        if self.no.iter().any(holds) {
            return None;
        }
        // Several words in a row: `order_id` in `shop_order_id`.
        let framed = format!("_{name}_");
        let word = |word: &&str| holds(word) || framed.contains(&format!("_{word}_"));
        // Short words stand in many others: `day` in `holiday_id`.
        let part = |word: &&str| word.len() > 3 && word.is_ascii() && name.contains(*word);
        let word = self.yes.iter().position(word).map(|at| 100 + at);
        word.or_else(|| self.yes.iter().position(part).map(|at| 200 + at))
    }
}

/// `CustomerID`, `customer id` → `customer_id`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for c in name.trim().chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            snake.push('_');
        }
        if c.is_alphanumeric() {
            snake.extend(c.to_lowercase());
        } else if !snake.ends_with('_') {
            snake.push('_');
        }
        before = c;
    }
    snake.trim_matches('_').to_owned()
}
