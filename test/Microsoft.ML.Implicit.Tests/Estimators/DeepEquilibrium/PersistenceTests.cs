using System.IO.Compression;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

[TestClass]
public class PersistenceTests
{
    // Where ML.NET's model header keeps the model's offset and versions.
    private const int ModelOffset = 0x10;
    private const int VersionWritten = 0x48;
    private const int VersionReadable = 0x4C;

    [TestMethod]
    public void A_saved_chain_scores_bit_for_bit_the_same_in_a_fresh_context()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        ITransformer model = ml.Transforms.NormalizeMinMax("Features")
            .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create()))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;

        var fresh = new MLContext();
        ITransformer loaded = fresh.Model.Load(file, out _);
        float[][] expected = Scored.Vectors(model.Transform(data));
        float[][] actual = Scored.Vectors(loaded.Transform(data));
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row]);
        }

        CollectionAssert.AreEqual(
            model.Transform(data).GetColumn<string>("PredictedLabel").ToArray(),
            loaded.Transform(data).GetColumn<string>("PredictedLabel").ToArray());
    }

    [TestMethod]
    public void Binary_and_regression_models_survive_saving()
    {
        var ml = new MLContext(seed: 1);
        IDataView cancer = RealData.BreastCancer(ml);
        AssertSurvives(ml, ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 2)).Fit(cancer), cancer);
        IDataView concrete = RealData.Concrete(ml);
        AssertSurvives(ml, ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 2)).Fit(concrete), concrete);
    }

    [TestMethod]
    public void An_altered_file_is_refused()
    {
        byte[] file = Rewrite(SavedModel(), entry => entry[PayloadStart(entry) + 100] ^= 1);
        AssertFormatException(file, "altered");
    }

    [TestMethod]
    public void A_cut_off_file_is_refused()
    {
        AssertFormatException(Rewrite(SavedModel(), _ => { }, keep: 0.5), string.Empty);
    }

    [TestMethod]
    public void A_length_beyond_the_file_allocates_nothing()
    {
        // The payload's length stands right before its digest; a huge one must be refused before it is believed.
        byte[] file = Rewrite(SavedModel(), entry => BitConverter.TryWriteBytes(entry.AsSpan(PayloadStart(entry)), int.MaxValue));
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertFormatException(file, "cut off");
        Assert.IsLessThan(64 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void A_file_from_a_newer_version_is_refused()
    {
        byte[] file = Rewrite(SavedModel(), entry =>
        {
            BitConverter.TryWriteBytes(entry.AsSpan(VersionWritten), 0x00020001);
            BitConverter.TryWriteBytes(entry.AsSpan(VersionReadable), 0x00020001);
        });
        AssertFormatException(file, "version");
    }

    private static void AssertSurvives(MLContext ml, ITransformer model, IDataView data)
    {
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        CollectionAssert.AreEqual(Scored.Values(model.Transform(data)), Scored.Values(loaded.Transform(data)));
    }

    private static byte[] SavedModel()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        using var file = new MemoryStream();
        ml.Model.Save(ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(data), data.Schema, file);
        return file.ToArray();
    }

    private static byte[] Rewrite(byte[] model, Action<byte[]> change, double keep = 1)
    {
        using var target = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(model)))
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            ZipArchiveEntry largest = source.Entries.MaxBy(entry => entry.Length)!;
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                using var content = new MemoryStream();
                using (Stream stream = entry.Open())
                {
                    stream.CopyTo(content);
                }

                byte[] bytes = content.ToArray();
                if (entry.FullName == largest.FullName)
                {
                    change(bytes);
                    bytes = bytes[..(int)(bytes.Length * keep)];
                }

                using Stream written = archive.CreateEntry(entry.FullName).Open();
                written.Write(bytes);
            }
        }

        return target.ToArray();
    }

    private static int PayloadStart(byte[] entry) => (int)BitConverter.ToInt64(entry, ModelOffset);

    private static void AssertFormatException(byte[] file, string fragment)
    {
        var ml = new MLContext();
        Exception exception = Assert.Throws<Exception>(() => ml.Model.Load(new MemoryStream(file), out _));
        FormatException? format = Find<FormatException>(exception);
        Assert.IsNotNull(format, exception.ToString());
        StringAssert.Contains(exception.ToString(), fragment, StringComparison.Ordinal);
    }

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T match)
            {
                return match;
            }
        }

        return null;
    }
}
