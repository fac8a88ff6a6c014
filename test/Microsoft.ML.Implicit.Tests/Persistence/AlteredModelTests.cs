using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Model files with numbers that no training gives, and a digest that is right.</summary>
[TestClass]
public sealed class AlteredModelTests
{
    private const int Places = 44;

    private static readonly string[] ImpossibleFields = ["-1", "2147483647", "NaN", "1E+300", "0", "", "[]"];

    private readonly MLContext _ml = new();

    public static IEnumerable<string> Kinds => SavedModels.Kinds.Keys;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_model_file_with_impossible_numbers_is_refused_or_scores_numbers(string kind)
    {
        using FileStream stored = File.OpenRead($"{PathOf(kind)}.zip");
        foreach (ModelFile file in new[] { new ModelFile(stored), SavedAnew(kind) })
        {
            foreach ((int offset, byte[] value) in Alterations.Of(file.Start, file.End, Places))
            {
                AssertRefusedOrScoresNumbers(kind, file.With(offset, value), $"{Convert.ToHexString(value)} at {offset - file.Start} of {file.End - file.Start}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_model_file_with_impossible_fields_is_refused_or_scores_numbers(string kind)
    {
        ModelFile file = SavedAnew(kind);
        (JsonObject header, byte[] numbers) = DocumentBytes.TakeApart(file.Payload);
        int next = 0;
        foreach ((string name, JsonNode? value) in header[ModelDocument.MetadataName]!.AsObject().ToArray())
        {
            foreach (string impossible in new[] { ImpossibleFields[next++ % ImpossibleFields.Length], ImpossibleFields[next++ % ImpossibleFields.Length] })
            {
                header[ModelDocument.MetadataName]![name] = impossible;
                AssertRefusedOrScoresNumbers(kind, file.With(DocumentBytes.PutTogether(header, numbers)), $"'{impossible}' for {name}");
            }

            header[ModelDocument.MetadataName]![name] = value!.GetValue<string>();
        }
    }

    [TestMethod]
    public void Impossible_slots_of_categories_are_refused()
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Categories));
        schema[nameof(Categories.Features)].AddAnnotation("CategoricalSlotRanges", new VBuffer<int>(2, [1, 3]), new VectorDataViewType(NumberDataViewType.Int32, 1, 2));
        IDataView data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new Categories { Features = [i, i % 3 == 0 ? 1 : 0, i % 3 == 1 ? 1 : 0, i % 3 == 2 ? 1 : 0], Label = i % 3 }).ToArray(), schema);
        var options = new DeepEquilibriumOptions { EmbedCategories = true, HiddenWidth = 8, EnsembleSize = 1, Training = SavedModels.Quickly() };
        using DeepEquilibriumTransformer model = _ml.Regression.Trainers.DeepEquilibrium(options).Fit(data);
        using var stream = new MemoryStream();
        _ml.Model.Save(model, data.Schema, stream);
        var file = new ModelFile(stream);
        foreach (string length in new[] { "-1", "0", "3", "5", "2147483647", "" })
        {
            AssertRefused(length, (header, _) => header[ModelDocument.MetadataName]![Name(header[ModelDocument.MetadataName]!, "categories.length")] = length);
        }

        foreach (string tensor in new[] { "categories.starts", "categories.levels" })
        {
            foreach (int number in new[] { -1, 2, int.MaxValue })
            {
                AssertRefused($"{number} for {tensor}", (header, numbers) => BitConverter.TryWriteBytes(numbers.AsSpan(header[Name(header, tensor)]!["data_offsets"]![0]!.GetValue<int>()), number));
            }
        }

        void AssertRefused(string place, Action<JsonObject, byte[]> alter)
        {
            (JsonObject header, byte[] numbers) = DocumentBytes.TakeApart(file.Payload);
            alter(header, numbers);
            Exception exception = Assert.Throws<Exception>(() => _ml.Model.Load(file.With(DocumentBytes.PutTogether(header, numbers)), out _), place);
            Assert.IsTrue(IsFormatException(exception), $"{place}: {exception}");
        }

        static string Name(JsonNode fields, string end) => fields.AsObject().Single(field => field.Key.EndsWith(end, StringComparison.Ordinal)).Key;
    }

    [TestMethod]
    public void A_check_point_of_an_engine_with_impossible_numbers_is_refused_or_forecasts_numbers()
    {
        const int digest = 40, payload = 72;
        using var model = (LatentOdeTransformer)new MLContext().Model.Load(Path.Combine(AppContext.BaseDirectory, "Persistence", "Version010", "forecast-ode-rnn.zip"), out _);
        ForecastEngine<Observation, Answer> engine = model.CreateForecastEngine<Observation, Answer>();
        for (int i = 0; i < 10; i++)
        {
            engine.Observe(new Observation { Day = i, Level = i, Flow = i % 3 == 0 ? float.NaN : 1 });
        }

        string path = Path.GetTempFileName();
        int refused = 0;
        try
        {
            engine.CheckPoint(path);
            byte[] file = File.ReadAllBytes(path);
            foreach ((int offset, byte[] value) in Alterations.Of(payload, file.Length, 6 * Places))
            {
                byte[] altered = [.. file];
                value.CopyTo(altered, offset);
                SHA256.HashData(altered.AsSpan(payload)).CopyTo(altered, digest);
                File.WriteAllBytes(path, altered);
                try
                {
                    float[] forecast = model.ResumeForecastEngine<Observation, Answer>(path).Forecast().Forecast;
                    Assert.IsFalse(Array.Exists(forecast, float.IsNaN), $"{Convert.ToHexString(value)} at {offset - payload}: [{string.Join(", ", forecast)}]");
                }
                catch (FormatException)
                {
                    refused++;
                }
            }
        }
        finally
        {
            File.Delete(path);
        }

        Assert.IsGreaterThan(Places, refused);
    }

    private static string PathOf(string kind) => Path.Combine(AppContext.BaseDirectory, "Persistence", Version010Tests.FolderOf(kind), kind);

    private ModelFile SavedAnew(string kind)
    {
        using var stream = new MemoryStream();
        ITransformer model = _ml.Model.Load($"{PathOf(kind)}.zip", out DataViewSchema schema);
        _ml.Model.Save(model, schema, stream);
        return new ModelFile(stream);
    }

    private void AssertRefusedOrScoresNumbers(string kind, Stream file, string place)
    {
        ITransformer model;
        try
        {
            model = _ml.Model.Load(file, out _);
        }
        catch (Exception exception)
        {
            Assert.IsTrue(IsFormatException(exception), $"{place}: {exception}");
            return;
        }

        string[] columns = [.. _ml.Data.LoadFromBinary($"{PathOf(kind)}.scores").Schema.Select(column => column.Name)];
        AssertScoresNumbers(model, _ml.Data.LoadFromBinary($"{PathOf(kind)}.rows"), columns, place);
        (model as IDisposable)?.Dispose();
    }

    // What a file may say is that its columns have other names or sizes, or that its programs have no solution.
    private static void AssertScoresNumbers(ITransformer model, IDataView rows, string[] columns, string place)
    {
        try
        {
            IDataView scored = model.Transform(rows);
            foreach ((string column, float[] numbers, _) in SavedModel.Read(scored, [.. columns.Where(name => scored.Schema.GetColumnOrNull(name) is not null)]))
            {
                Assert.IsFalse(Array.Exists(numbers, float.IsNaN), $"{place}: column '{column}' has [{string.Join(", ", numbers)}].");
            }
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            Assert.IsGreaterThan(20, exception.Message.Length, place);
        }
    }

    private static bool IsFormatException(Exception? exception) => exception is not null && (exception is FormatException || IsFormatException(exception.InnerException));

    private sealed class Observation
    {
        public double Day { get; set; }

        public float Level { get; set; }

        public float Flow { get; set; }
    }

    private sealed class Answer
    {
        public float[] Forecast { get; set; } = [];
    }

    private sealed class Categories
    {
        [VectorType(4)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
