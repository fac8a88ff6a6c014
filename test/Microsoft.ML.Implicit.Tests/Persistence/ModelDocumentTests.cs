using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Persistence;

[TestClass]
public sealed class ModelDocumentTests
{
    private const string TwoNumbers = """{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""";

    [TestMethod]
    public void What_is_written_is_read_back_bit_by_bit()
    {
        var writer = new DocumentWriter();
        double[] numbers = [0, -0.0, 1.0 / 3, double.MaxValue, double.Epsilon, double.PositiveInfinity, double.NaN];
        for (int i = 0; i < numbers.Length; i++)
        {
            writer.Write($"double{i}", numbers[i]);
        }

        writer.Write("single", 0.1f);
        writer.Write("integer", int.MinValue);
        writer.Write("truth", true);
        writer.Write("day", DayOfWeek.Friday);
        writer.Write("text", "Größe \"in\" cm\n\u0001");
        writer.Write("absent", (string?)null);
        writer.Write("texts", ["", "a,b", "[\"c\"]"]);
        DocumentWriter section = writer.Section("section");
        section.Write("doubles", numbers);
        section.Write("matrix", [1, 2, 3, 4, 5, 6], [3, 2]);
        section.Write("integers", (int[])[1, -2]);
        section.Write("bytes", Array.Empty<byte>());

        ModelDocument document = ModelDocument.Parse(writer.ToBytes());
        DocumentReader reader = document.Root;
        for (int i = 0; i < numbers.Length; i++)
        {
            Assert.AreEqual(BitConverter.DoubleToInt64Bits(numbers[i]), BitConverter.DoubleToInt64Bits(reader.Double($"double{i}")));
        }

        Assert.AreEqual(0.1f, reader.Single("single"));
        Assert.AreEqual(int.MinValue, reader.Int32("integer"));
        Assert.IsTrue(reader.Boolean("truth"));
        Assert.AreEqual(DayOfWeek.Friday, reader.Enum<DayOfWeek>("day"));
        Assert.AreEqual("Größe \"in\" cm\n\u0001", reader.Text("text"));
        Assert.IsNull(reader.OptionalText("absent"));
        CollectionAssert.AreEqual((string[])["", "a,b", "[\"c\"]"], reader.Texts("texts"));
        CollectionAssert.AreEqual(numbers, reader.Section("section").Doubles("doubles"));
        CollectionAssert.AreEqual((long[])[3, 2], reader.OptionalTensor("section.matrix")!.Shape);
        CollectionAssert.AreEqual((int[])[1, -2], reader.Section("section").Int32s("integers"));
        Assert.IsEmpty(reader.Section("section").Bytes("bytes"));
        document.EnsureUnderstood();
    }

    [TestMethod]
    public void A_document_is_a_safetensors_file()
    {
        var writer = new DocumentWriter();
        writer.Write("name", "value");
        writer.Write("first", (int[])[1, 2, 3]);
        writer.Write("second", [0.5]);
        byte[] document = writer.ToBytes();
        (JsonObject header, byte[] numbers) = DocumentBytes.TakeApart(document);
        Assert.AreEqual(0, (document.Length - numbers.Length) % 8, "numbers are aligned");
        Assert.AreEqual((byte)'{', document[sizeof(long)]);
        Assert.AreEqual("value", header["__metadata__"]!["name"]!.GetValue<string>());
        Assert.IsTrue(header["__metadata__"]!.AsObject().All(field => field.Value!.GetValueKind() == System.Text.Json.JsonValueKind.String));
        Assert.AreEqual("""{"dtype":"I32","shape":[3],"data_offsets":[0,12]}""", header["first"]!.ToJsonString());
        Assert.AreEqual("""{"dtype":"F64","shape":[1],"data_offsets":[12,20]}""", header["second"]!.ToJsonString());
        Assert.AreEqual(0.5, BitConverter.ToDouble(numbers, 12));
    }

    [TestMethod]
    [DataRow("", "an empty header")]
    [DataRow("[]", "no object")]
    [DataRow("{\"a\":", "half a header")]
    [DataRow("{\"__metadata__\":{\"a\":1}}", "a field that is no text")]
    [DataRow("{\"__metadata__\":{\"a\":null}}", "a field without a value")]
    [DataRow("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "a field twice")]
    [DataRow("{\"a\":{}}", "a tensor without anything")]
    [DataRow("{\"a\":{\"dtype\":\"F99\",\"shape\":[2],\"data_offsets\":[0,8]}}", "an unknown type")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "a negative size")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296,2],\"data_offsets\":[0,8]}}", "a size that overflows")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[9000000000000000000],\"data_offsets\":[0,8]}}", "a size beyond all files")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}", "a tensor beyond the file")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", "offsets that do not fit the size")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "numbers that belong to no tensor")]
    [DataRow("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "a gap")]
    [DataRow("{\"a\":" + TwoNumbers + ",\"b\":" + TwoNumbers + "}", "tensors on top of each other")]
    [DataRow("{\"a\":" + TwoNumbers + ",\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}", "a tensor twice")]
    public void A_table_that_does_not_fit_is_refused(string header, string fault) =>
        Assert.ThrowsExactly<FormatException>(() => ModelDocument.Parse(DocumentBytes.PutTogether(header, new byte[8])), fault);

    [TestMethod]
    [DataRow(-1L)]
    [DataRow(long.MaxValue)]
    [DataRow(1L << 32)]
    public void A_header_beyond_the_file_is_refused(long length)
    {
        byte[] document = DocumentBytes.PutTogether("{}", []);
        BitConverter.TryWriteBytes(document, length);
        Assert.ThrowsExactly<FormatException>(() => ModelDocument.Parse(document));
        Assert.ThrowsExactly<FormatException>(() => ModelDocument.Parse(document.AsMemory(0, 5)));
    }

    [TestMethod]
    public void Random_bytes_are_refused_or_a_document()
    {
        byte[] document = Encoding.UTF8.GetBytes("{\"__metadata__\":{\"a\":\"1\"},\"t\":" + TwoNumbers + "}");
        document = DocumentBytes.PutTogether(Encoding.UTF8.GetString(document), new byte[8]);
        var random = new Random(1);
        for (int i = 0; i < 5000; i++)
        {
            byte[] altered = [.. document];
            altered[random.Next(altered.Length)] = (byte)random.Next(256);
            try
            {
                ModelDocument.Parse(altered);
            }
            catch (FormatException)
            {
                // The only exception there may be.
            }
        }
    }

    [TestMethod]
    public void What_a_later_version_has_added_is_named_unless_it_changes_nothing()
    {
        var writer = new DocumentWriter();
        writer.Write("known", 1);
        writer.Write("empty", Array.Empty<double>());
        DocumentWriter harmless = writer.IgnorableSection("history");
        harmless.Write("later", 2);
        harmless.Section("deeper").Write("tensor", [3.0]);
        ModelDocument document = ModelDocument.Parse(writer.ToBytes());
        Assert.AreEqual(1, document.Root.Int32("known"));
        document.EnsureUnderstood();

        foreach (Action<DocumentWriter> add in new Action<DocumentWriter>[] { w => w.Write("later_field", 1), w => w.Write("later_tensor", [1.0]), w => w.Section("history_of").Write("later", 1) })
        {
            var later = new DocumentWriter();
            later.IgnorableSection("history").Write("later", 2);
            add(later);
            string message = Assert.ThrowsExactly<FormatException>(ModelDocument.Parse(later.ToBytes()).EnsureUnderstood).Message;
            StringAssert.Contains(message, "later", StringComparison.Ordinal);
            StringAssert.Contains(message, "written by version", StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void What_is_missing_or_not_what_it_should_be_is_named()
    {
        var writer = new DocumentWriter();
        DocumentWriter section = writer.Section("part");
        section.Write("text", "seven");
        section.Write("list", "[1, null]");
        section.Write("days", ["Friday", "5"]);
        section.Write("matrix", [1, 2], [1, 2]);
        DocumentReader reader = ModelDocument.Parse(writer.ToBytes()).Root.Section("part");
        foreach ((string name, Action read) in new (string, Action)[]
        {
            ("absent", () => reader.Text("absent")),
            ("text", () => reader.Int32("text")),
            ("text", () => reader.Double("text")),
            ("text", () => reader.Boolean("text")),
            ("text", () => reader.Enum<DayOfWeek>("text")),
            ("text", () => reader.Texts("text")),
            ("list", () => reader.Texts("list")),
            ("days", () => reader.Enums<DayOfWeek>("days")),
            ("matrix", () => reader.Doubles("matrix")),
            ("matrix", () => reader.Int32s("matrix")),
            ("absent", () => reader.Bytes("absent")),
        })
        {
            StringAssert.Contains(Assert.ThrowsExactly<FormatException>(read).Message, $"part.{name}", StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void Tensors_of_a_module_must_fit_it_and_be_finite()
    {
        using var module = nn.Linear(2, 3);
        AssertRefused(nn.Linear(3, 2), "weight");
        AssertRefused(nn.Linear(2, 3, hasBias: false), "bias");
        AssertRefused(nn.Linear(2, 3, dtype: ScalarType.Float64), "Float64");
        var infinite = nn.Linear(2, 3);
        infinite.bias!.data<float>()[1] = float.PositiveInfinity;
        AssertRefused(infinite, "not finite");

        using var same = nn.Linear(2, 3);
        var writer = new DocumentWriter();
        writer.Write("layer", same);
        ModelDocument.Parse(writer.ToBytes()).Root.Read("layer", module);
        Assert.IsTrue(module.weight!.equal(same.weight!).all().item<bool>());

        void AssertRefused(TorchSharp.Modules.Linear other, string fragment)
        {
            var document = new DocumentWriter();
            document.Write("layer", other);
            other.Dispose();
            string message = Assert.ThrowsExactly<FormatException>(() => ModelDocument.Parse(document.ToBytes()).Root.Read("layer", module)).Message;
            StringAssert.Contains(message, fragment, StringComparison.Ordinal);
        }
    }
}
