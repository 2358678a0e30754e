//! The type that holds values of several types.

use crate::plan::Type;

/// The type that holds both: of numbers the widest, of dates and times the time; none where they do not go together.
pub(super) fn common_type(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (a, b) if a == b => Some(a),
        (Type::Unknown, ty) | (ty, Type::Unknown) => Some(ty),
        (a, b) if a.is_numeric() && b.is_numeric() => numeric_common(a, b),
        (Type::Date, Type::Time) | (Type::Time, Type::Date) => Some(Type::Time),
        _ => None,
    }
}

/// The type that holds both numbers.
pub(super) fn numeric_common(a: Type, b: Type) -> Option<Type> {
    Some(match (a, b) {
        (Type::Double, _) | (_, Type::Double) => Type::Double,
        (Type::Decimal(a), Type::Decimal(b)) => Type::Decimal(a.max(b)),
        (Type::Decimal(scale), _) | (_, Type::Decimal(scale)) => Type::Decimal(scale),
        _ => Type::Int,
    })
}
