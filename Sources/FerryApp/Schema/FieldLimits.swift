// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A range that limits a number: `1...9`, `0.5...2.0`, `1...`, `...9`.
public protocol FieldLimits {
    /// The least number allowed; nil for no such bound.
    var minimum: FieldBound? { get }
    /// The greatest number allowed; nil for no such bound.
    var maximum: FieldBound? { get }
}

/// An end of such a range, as exact as it was written.
public struct FieldBound: Sendable, Hashable {
    /// The number as it stands in the schema.
    public let json: JSONValue

    /// A whole bound.
    public init(_ value: Int) { json = .integer(Int64(value)) }

    /// A bound that may have a fraction. An infinite one or NaN is a mistake and ends the process.
    public init(_ value: Double) {
        precondition(value.isFinite, "a limit of a field is \(value)")
        json = .double(value)
    }

    /// Whether the bound is below a number, or equal to it. False if `other` is no number.
    func isAtMost(_ other: JSONValue) -> Bool {
        if case (.integer(let own), .integer(let number)) = (json, other) { return own <= number }
        guard let own = json.doubleValue, let number = other.doubleValue else { return false }
        return own <= number
    }

    /// Whether the bound is above a number, or equal to it. False if `other` is no number.
    func isAtLeast(_ other: JSONValue) -> Bool {
        if case (.integer(let own), .integer(let number)) = (json, other) { return own >= number }
        guard let own = json.doubleValue, let number = other.doubleValue else { return false }
        return own >= number
    }
}

/// A number that can limit a field: `Int` and `Double`.
public protocol FieldNumber: Comparable {
    /// The number as a bound.
    var bound: FieldBound { get }
}

extension Int: FieldNumber {
    /// The number as a bound.
    public var bound: FieldBound { FieldBound(self) }
}

extension Double: FieldNumber {
    /// The number as a bound.
    public var bound: FieldBound { FieldBound(self) }
}

extension ClosedRange: FieldLimits where Bound: FieldNumber {
    public var minimum: FieldBound? { lowerBound.bound }
    public var maximum: FieldBound? { upperBound.bound }
}

extension PartialRangeFrom: FieldLimits where Bound: FieldNumber {
    public var minimum: FieldBound? { lowerBound.bound }
    public var maximum: FieldBound? { nil }
}

extension PartialRangeThrough: FieldLimits where Bound: FieldNumber {
    public var minimum: FieldBound? { nil }
    public var maximum: FieldBound? { upperBound.bound }
}
