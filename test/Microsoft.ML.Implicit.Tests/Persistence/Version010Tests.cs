using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Files that version 0.1.0 wrote, and later ones before files became documents, are read by every later version, and score what they scored then.</summary>
[TestClass]
public sealed class Version010Tests
{
    private const int RowsKept = 6;
    private const string CheckPointOf = "forecast-ode-rnn";

    private const string First = "Version010";
    private const string BeforeDocument = "BeforeDocument";
    private const string Document = "Document";

    public static IEnumerable<(string Folder, string Kind)> Files =>
    [
        .. SavedModels.Kinds.Keys.Select(kind => (FolderOf(kind), kind)),
        .. new[] { "forecast-gru", "forecast-ode-rnn", "convolutional", "wide-sparse" }.Select(kind => (BeforeDocument, kind)),
    ];

    /// <summary>The folder with the oldest files of a kind.</summary>
    public static string FolderOf(string kind) => File.Exists(PathOf(First, $"{kind}.zip")) ? First : Document;

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void A_model_file_scores_what_it_scored_then_and_so_it_does_when_it_is_saved_anew(string folder, string kind)
    {
        var ml = new MLContext();
        IDataView rows = ml.Data.LoadFromBinary(PathOf(folder, $"{kind}.rows")), then = ml.Data.LoadFromBinary(PathOf(folder, $"{kind}.scores"));
        string[] columns = [.. then.Schema.Select(column => column.Name)];
        ITransformer model = ml.Model.Load(PathOf(folder, $"{kind}.zip"), out _);
        AssertEqual(SavedModel.Read(then, columns), SavedModel.Read(model.Transform(rows), columns));
        ITransformer again = SavedAnew(model, rows.Schema);
        AssertEqual(SavedModel.Read(model.Transform(rows), columns), SavedModel.Read(again.Transform(rows), columns));
        Array.ForEach([model, again], transformer => (transformer as IDisposable)?.Dispose());
    }

    [TestMethod]
    [DataRow(First)]
    [DataRow(BeforeDocument)]
    public void A_forecast_engine_goes_on_from_its_check_point(string folder)
    {
        var ml = new MLContext();
        using var model = (LatentOdeTransformer)ml.Model.Load(PathOf(folder, $"{CheckPointOf}.zip"), out DataViewSchema schema);
        using var again = (LatentOdeTransformer)SavedAnew(model, schema);
        string[] columns = [nameof(Answer.Forecast)];
        foreach (LatentOdeTransformer forecaster in new[] { model, again })
        {
            ForecastEngine<Observation, Answer> engine = forecaster.ResumeForecastEngine<Observation, Answer>(PathOf(folder, $"{CheckPointOf}.checkpoint"));
            AssertEqual(SavedModel.Read(ml.Data.LoadFromBinary(PathOf(folder, $"{CheckPointOf}.resumed")), columns), SavedModel.Read(ml.Data.LoadFromEnumerable([engine.Forecast()]), columns));
        }
    }

    [TestMethod]
    [Ignore("Writes the files of kinds that have none; run it by hand with the version whose files are wanted.")]
    public void Write()
    {
        foreach ((string kind, Func<MLContext, TrainingOptions, SavedModel> create) in SavedModels.Kinds.Where(kind => !File.Exists(PathOf(FolderOf(kind.Key), $"{kind.Key}.zip"))))
        {
            var ml = new MLContext(seed: 1);
            SavedModel saved = create(ml, SavedModels.Quickly());
            IDataView rows = ml.Data.TakeRows(saved.Rows, RowsKept);
            IDataView scored = saved.Model.Transform(rows);
            ml.Model.Save(saved.Model, saved.Rows.Schema, Path.Combine(SourceFolder(FolderOf(kind)), $"{kind}.zip"));
            Save(ml, rows, FolderOf(kind), $"{kind}.rows");
            Save(ml, ml.Transforms.SelectColumns(saved.Outputs).Fit(scored).Transform(scored), FolderOf(kind), $"{kind}.scores");
            if (kind == CheckPointOf)
            {
                WriteCheckPoint(ml, (LatentOdeTransformer)saved.Model);
            }
        }
    }

    private static ITransformer SavedAnew(ITransformer model, DataViewSchema schema)
    {
        var ml = new MLContext();
        using var file = new MemoryStream();
        ml.Model.Save(model, schema, file);
        file.Position = 0;
        return ml.Model.Load(file, out _);
    }

    private static void WriteCheckPoint(MLContext ml, LatentOdeTransformer model)
    {
        ForecastEngine<Observation, Answer> engine = model.CreateForecastEngine<Observation, Answer>();
        Walks.Row row = Walks.Create(1)[0];
        for (int i = 0; i < row.Day.Length; i++)
        {
            engine.Observe(new Observation { Day = row.Day[i], Level = row.Level[i], Flow = row.Flow[i] });
        }

        engine.CheckPoint(Path.Combine(SourceFolder(First), $"{CheckPointOf}.checkpoint"));
        Save(ml, ml.Data.LoadFromEnumerable([engine.Forecast()]), First, $"{CheckPointOf}.resumed");
    }

    private static void Save(MLContext ml, IDataView data, string folder, string name)
    {
        using FileStream file = File.Create(Path.Combine(SourceFolder(folder), name));
        ml.Data.SaveAsBinary(data, file);
    }

    private static void AssertEqual(IReadOnlyList<(string Column, float[] Numbers, string? Text)> expected, IReadOnlyList<(string Column, float[] Numbers, string? Text)> actual)
    {
        Assert.HasCount(expected.Count, actual);
        foreach ((var then, var now) in expected.Zip(actual))
        {
            Assert.AreEqual(then.Text, now.Text, then.Column);
            Assert.HasCount(then.Numbers.Length, now.Numbers);
            for (int slot = 0; slot < then.Numbers.Length; slot++)
            {
                Assert.AreEqual(then.Numbers[slot], now.Numbers[slot], 1e-5 * (1 + Math.Abs(then.Numbers[slot])), $"{then.Column}, slot {slot}");
            }
        }
    }

    private static string PathOf(string folder, string file) => Path.Combine(AppContext.BaseDirectory, "Persistence", folder, file);

    private static string SourceFolder(string folder, [CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, folder);

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
}
