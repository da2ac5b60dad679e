/// The canonical form of a JSON text, for comparing and digesting by value.
///
/// Members sorted by the UTF-8 bytes of their names, no white space, strings with minimal escapes;
/// numbers stay as written, so 1 and 1.0 differ: no number is ever rendered anew, and money and
/// 64-bit ids stay what they are.
package enum JSONCanonical {
    /// The canonical form of `text`; throws where it is not JSON.
    ///
    /// One pass over the text, no recursion. An object whose members are not in order is written
    /// once more for each unsorted object around it, at most `JSONScanner.maximumDepth` times.
    package static func canonicalize(_ text: Span<UInt8>) throws(JSONFault) -> [UInt8] {
        var scanner = JSONScanner()
        var members = JSONMembers()
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var needsComma = false
        while let token = try scanner.next(in: text) {
            switch token {
            case .endObject, .endArray: break
            case .beginObject, .beginArray, .name, .string, .number, .literal:
                if needsComma { output.append(UInt8(ascii: ",")) }
            }
            needsComma = true
            switch token {
            case .beginObject:
                output.append(UInt8(ascii: "{"))
                members.open()
                needsComma = false
            case .endObject:
                if let (written, order) = try members.close() {
                    reorder(written, as: order, in: &output)
                }
                output.append(UInt8(ascii: "}"))
            case .beginArray:
                output.append(UInt8(ascii: "["))
                needsComma = false
            case .endArray:
                output.append(UInt8(ascii: "]"))
            case .name(let name):
                members.add(name, of: text, output: output.count)
                append(name, of: text, to: &output)
                output.append(UInt8(ascii: ":"))
                needsComma = false
            case .string(let string):
                append(string, of: text, to: &output)
            case .number(let range), .literal(let range):
                JSONString.append(range, of: text, to: &output)
            }
        }
        return output
    }

    private static func append(
        _ string: JSONToken.Quoted, of text: Span<UInt8>, to output: inout [UInt8]
    ) {
        output.append(UInt8(ascii: "\""))
        JSONString.append(string, of: text, as: .minimallyEscaped, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Brings the members at the end of the output, with commas between them, into their order.
    private static func reorder(
        _ written: [JSONMembers.Member], as order: [Int], in output: inout [UInt8]
    ) {
        let start = written[0].output
        let region = Array(output[start...])
        output.removeSubrange(start...)
        for index in order {
            if output.count > start { output.append(UInt8(ascii: ",")) }
            // A member ends one before the next, where the comma stands; the last one at the end.
            let end =
                index + 1 < written.count ? written[index + 1].output - 1 - start : region.count
            output.append(contentsOf: region[(written[index].output - start)..<end])
        }
    }
}
