// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What a run took in and made, by which it is paid. Goes out as `output_meta`, which callers do not see.
public struct OutputMeta: Codable, Sendable, Hashable {
    /// What went in.
    public var inputs: [Item]
    /// What came out.
    public var outputs: [Item]

    /// What was taken in and made.
    public init(inputs: [Item] = [], outputs: [Item] = []) {
        self.inputs = inputs
        self.outputs = outputs
    }

    /// One thing that went in or came out. Members that are nil are left out.
    public struct Item: Codable, Sendable, Hashable {
        /// What kind of thing it is.
        public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
            /// Text, counted in tokens.
            case text
            /// Images.
            case image
            /// Videos.
            case video
            /// Sounds.
            case audio
            /// Anything else, by its cost.
            case raw
        }

        /// What kind of thing it is; `type` in JSON.
        public var kind: Kind
        /// Tokens of a text.
        public var tokens: Int?
        /// Pixels across.
        public var width: Int?
        /// Pixels down.
        public var height: Int?
        /// Millions of pixels.
        public var resolutionMP: Double?
        /// Steps of the model.
        public var steps: Int?
        /// How many there are.
        public var count: Int?
        /// A name for the resolution, `1080p`.
        public var resolution: String?
        /// Length in seconds.
        public var seconds: Double?
        /// Frames a second.
        public var fps: Double?
        /// Samples a second.
        public var sampleRate: Int?
        /// What it cost, in the unit of the app's price.
        public var cost: Double?
        /// Anything else of use to the price.
        public var extra: JSONValue?

        private enum CodingKeys: String, CodingKey {
            case kind = "type"
            case tokens, width, height
            case resolutionMP = "resolution_mp"
            case steps, count, resolution, seconds, fps
            case sampleRate = "sample_rate"
            case cost, extra
        }

        /// A thing of that kind; set what is known of it.
        public init(_ kind: Kind) { self.kind = kind }

        /// A text of that many tokens.
        public static func text(tokens: Int) -> Item {
            var item = Item(.text)
            item.tokens = tokens
            return item
        }

        /// Images of one size, in pixels.
        public static func image(width: Int, height: Int, count: Int = 1) -> Item {
            var item = Item(.image)
            item.width = width
            item.height = height
            item.resolutionMP = Double(width) * Double(height) / 1e6
            item.count = count
            return item
        }

        /// A video of that many seconds.
        public static func video(width: Int, height: Int, seconds: Double, fps: Double? = nil) -> Item {
            var item = Item(.video)
            item.width = width
            item.height = height
            item.resolutionMP = Double(width) * Double(height) / 1e6
            item.seconds = seconds
            item.fps = fps
            return item
        }

        /// A sound of that many seconds.
        public static func audio(seconds: Double, sampleRate: Int? = nil) -> Item {
            var item = Item(.audio)
            item.seconds = seconds
            item.sampleRate = sampleRate
            return item
        }
    }
}
