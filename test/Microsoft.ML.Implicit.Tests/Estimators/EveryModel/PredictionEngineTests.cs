namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>Rows one by one, in as many threads as there are.</summary>
[TestClass]
public sealed class PredictionEngineTests
{
    private const int Threads = 8;

    private static readonly ModelRow[] Rows = ModelRow.Create(40);

    public static IEnumerable<object[]> Kinds => [.. TrainerCase.Kinds, ["quadratic program"], ["cone program"], ["total variation"], ["soft rank"], ["meta-learned linear"], ["simulation"], ["curve fit"]];

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Engines_in_eight_threads_predict_what_a_view_of_all_rows_holds(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        ITransformer model = TrainerCase.Kinds.Any(trained => trained.Contains(kind)) ? TrainerCase.Of(kind).Fit(ml, data) : SmallModel.Of(kind).Fit(ml, data);
        float[][] expected = TrainerCase.Read(model.Transform(data));
        Task[] tasks = [.. Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                Func<ModelRow, float[]> predict = CreateEngine(model, kind == "neural ODE classes" || kind.EndsWith("multiclass", StringComparison.Ordinal));
                for (int i = 0; i < Rows.Length; i++)
                {
                    int row = (i + (5 * thread)) % Rows.Length;
                    AssertClose(expected[row], predict(Rows[row]));
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        Task.WaitAll(tasks);
    }

    private static Func<ModelRow, float[]> CreateEngine(ITransformer model, bool hasClasses)
    {
        var ml = new MLContext();
        var options = new PredictionEngineOptions { OwnsTransformer = false };
        if (hasClasses)
        {
            PredictionEngine<ModelRow, ClassScores> classes = ml.Model.CreatePredictionEngine<ModelRow, ClassScores>(model, options);
            return row => classes.Predict(row).Score;
        }

        PredictionEngine<ModelRow, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelRow, ModelOutput>(model, options);
        return row => engine.Predict(row).ToArray();
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((float left, float right) in expected.Zip(actual))
        {
            Assert.AreEqual(left, right, 1e-4f * (1 + Math.Abs(left)));
        }
    }

    private sealed class ClassScores
    {
        public float[] Score { get; set; } = [];
    }
}
