// SPDX-License-Identifier: Apache-2.0

/// A struct of fields that an app takes or gives. Its JSON Schema follows from its properties.
///
/// Each stored property is a ``Field`` or has an initial value. The types of properties are `String`, `Bool`, integers,
/// `Double` and `Float`, ``File``, enumerations that are `CaseIterable` with raw values, `JSONValue`, further structs
/// of this protocol, and arrays, dictionaries with `String` keys and optionals of these. Any other `Codable` type works
/// too, without a schema.
///
/// A value is made by filling it:
///
/// ```swift
/// Output { $0.image = file; $0.width = 640 }
/// ```
public protocol AppFields: Codable, Sendable {
    /// A value whose fields hold their defaults or nothing.
    init()

    /// Whether the schema allows members that are no fields of the type; they are ignored. False unless said otherwise.
    static var allowsOtherMembers: Bool { get }
}

extension AppFields {
    public static var allowsOtherMembers: Bool { false }
}

extension AppFields {
    /// A value that `fill` fills.
    public init(_ fill: (inout Self) throws -> Void) rethrows {
        self.init()
        try fill(&self)
    }
}

/// What a function of an app takes.
public protocol AppInput: AppFields {}

/// What a function of an app gives.
///
/// A ``File`` in it is one that the app wrote into ``TaskContext/outputDirectory``, or one with an address, which is fetched
/// if need be and copied there. A property of type ``OutputMeta`` goes out as `output_meta`, which the server keeps from
/// callers.
public protocol AppOutput: AppFields {}

/// What an app is set up with. Workers of different setups are different processes.
public protocol AppSetup: AppFields {}

/// The setup of an app that has none.
public struct NoSetup: AppSetup, Hashable {
    /// The one value.
    public init() {}
}
