using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Gradient boosted trees, one model a variable, that forecast the change from the last value by features of the recent past.</summary>
internal sealed class BoostedLags : IForecastBaseline
{
    private const int MostExamples = 100_000;
    private const int Trees = 200;
    private const double LearningRate = 0.05;

    public string Name => "LightGbm on lags";

    public float[][][] Answer(Panel panel, int seed)
    {
        var ml = new MLContext(seed);
        Question[] training = [.. Draw(panel, new Random(seed))];
        float[][][] byVariable = [.. Enumerable.Range(0, panel.Train[0].VariableCount).Select(v => Answer(ml, panel, training, v, seed))];
        return [.. panel.Questions.Select((question, q) => byVariable.Select(answers => answers[q]).ToArray())];
    }

    // All cuts of all training series, or a random part of them.
    private static IEnumerable<Question> Draw(Panel panel, Random random)
    {
        (SeriesRow Series, int Count)[] cuts = [.. panel.Train.SelectMany(row => Enumerable.Range(1, Math.Max(0, row.Time.Length - 1)).Select(count => (row, count)))];
        random.Shuffle(cuts);
        int examples = 0;
        return cuts.Select(cut => cut.Series.Ask(cut.Count, panel.Horizon)).TakeWhile(question => (examples += question.History.ForecastTime.Length) <= MostExamples);
    }

    private static float[][] Answer(MLContext ml, Panel panel, Question[] training, int variable, int seed)
    {
        float mean = panel.Train.SelectMany(row => row.Value(variable)).Where(float.IsFinite).Average();
        Example[] examples = [.. training.SelectMany(question => Describe(question, variable, panel.Periods, mean)).Where(example => float.IsFinite(example.Label))];
        Example[] asked = [.. panel.Questions.SelectMany(question => Describe(question, variable, panel.Periods, mean))];
        float[] labels = [.. examples.Select(example => example.Label).Distinct()];
        float[] changes = labels.Length > 1 ? Predict(ml, examples, asked, seed) : Array.ConvertAll(asked, _ => labels.FirstOrDefault());
        Queue<float> forecasts = new(asked.Zip(changes, (example, change) => example.Last + change));
        return [.. panel.Questions.Select(question => Array.ConvertAll(question.History.ForecastTime, _ => forecasts.Dequeue()))];
    }

    private static float[] Predict(MLContext ml, Example[] examples, Example[] asked, int seed)
    {
        var trainer = ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { NumberOfIterations = Trees, LearningRate = LearningRate, Seed = seed });
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Example));
        schema[nameof(Example.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, examples[0].Features.Length);
        ITransformer model = trainer.Fit(ml.Data.LoadFromEnumerable(examples, schema));
        return [.. model.Transform(ml.Data.LoadFromEnumerable(asked, schema)).GetColumn<float>("Score")];
    }

    private static IEnumerable<Example> Describe(Question question, int variable, double[] periods, float mean)
    {
        var features = new LagFeatures(question.History, variable, periods);
        float last = float.IsFinite(features.Last) ? features.Last : mean;
        return question.History.ForecastTime.Zip(question.Truth[variable], (time, value) => new Example { Features = features.At(time), Label = value - last, Last = last });
    }

    private sealed class Example
    {
        public required float[] Features { get; init; }

        /// <summary>The change from the last value.</summary>
        public required float Label { get; init; }

        public required float Last { get; init; }
    }
}
