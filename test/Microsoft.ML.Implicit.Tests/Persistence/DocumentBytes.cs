using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>A document by what safetensors says of its layout, and nothing else: eight bytes with the header's length, the header, and the numbers.</summary>
internal static class DocumentBytes
{
    public static (JsonObject Header, byte[] Numbers) TakeApart(byte[] document)
    {
        int end = sizeof(long) + checked((int)BitConverter.ToInt64(document));
        return (JsonNode.Parse(document.AsSpan(sizeof(long)..end))!.AsObject(), document[end..]);
    }

    public static byte[] PutTogether(JsonObject header, byte[] numbers) => PutTogether(header.ToJsonString(), numbers);

    public static byte[] PutTogether(string header, byte[] numbers)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. numbers];
    }
}
