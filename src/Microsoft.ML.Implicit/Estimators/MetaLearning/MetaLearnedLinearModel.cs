using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A meta-learned linear model: shared weights, and those of the tasks that it was adapted to.</summary>
internal sealed record MetaLearnedLinearModel
{
    /// <summary>Columns.</summary>
    public required MetaLearnedColumns Columns { get; init; }

    /// <summary>What is predicted.</summary>
    public required PredictionTask Task { get; init; }

    /// <summary>Means of the features.</summary>
    public required double[] Means { get; init; }

    /// <summary>Their standard deviations; infinite where one does not vary.</summary>
    public required double[] Deviations { get; init; }

    /// <summary>Names of the features.</summary>
    public required string[] FeatureNames { get; init; }

    /// <summary>Shared weights of standardised features and, last, of the intercepts, [features + 1, outputs] row by row.</summary>
    public required double[] Shared { get; init; }

    /// <summary>log λ of each feature and, last, of the intercepts.</summary>
    public required double[] LogPenalties { get; init; }

    /// <summary>Weights of the known tasks, laid out as the shared ones.</summary>
    public required IReadOnlyDictionary<string, double[]> Tasks { get; init; }

    /// <summary>Evaluations of training.</summary>
    public required IReadOnlyList<TuningProgress> History { get; init; }

    public int FeatureCount => Means.Length;

    /// <summary>The outputs for a row of finite features.</summary>
    /// <param name="task">Its task; the shared weights are those of one that is not known.</param>
    /// <param name="features">[features].</param>
    /// <param name="outputs">Receives [outputs].</param>
    public void Evaluate(string task, ReadOnlySpan<float> features, Span<float> outputs)
    {
        double[] weights = Tasks.TryGetValue(task, out double[]? known) ? known : Shared;
        for (int output = 0; output < outputs.Length; output++)
        {
            double sum = weights[(FeatureCount * outputs.Length) + output];
            for (int feature = 0; feature < features.Length; feature++)
            {
                sum += weights[(feature * outputs.Length) + output] * (features[feature] - Means[feature]) / Deviations[feature];
            }

            outputs[output] = (float)sum;
        }
    }

    /// <summary>A model that knows other tasks, and these in their new form.</summary>
    /// <param name="data">Rows of the tasks.</param>
    /// <param name="channel">Receives warnings.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidOperationException">There are no rows, a value is not finite, or a row names no task.</exception>
    public MetaLearnedLinearModel Adapt(IDataView data, IChannel channel, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        (TrainingSet set, IReadOnlyList<string> names) = Columns.Read(data, channel, cancellationToken);
        using TrainingSet rows = set;
        var scale = new LinearScale(NativeTensor.Of(Means, [FeatureCount]), NativeTensor.Of(Deviations, [FeatureCount]));
        LinearLoss loss = Task.LinearLoss;
        var parameters = new MetaParameters(NativeTensor.Of(Shared, [FeatureCount + 1, Task.OutputWidth]), NativeTensor.Of(LogPenalties, [FeatureCount + 1]));
        var tasks = new TaskRows(LinearRows.Of(rows, scale, loss), rows.Groups!, names.Count);
        Dictionary<string, double[]> adapted = Adapt(loss, parameters, tasks, names, cancellationToken);
        return this with { Tasks = Tasks.Where(known => !adapted.ContainsKey(known.Key)).Concat(adapted).ToDictionary() };
    }

    /// <summary>Weights of tasks by their names.</summary>
    public static Dictionary<string, double[]> Adapt(LinearLoss loss, MetaParameters parameters, TaskRows rows, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        using IDisposable noGraph = no_grad();
        Tensor initial = parameters.Shared.unsqueeze(0).expand([rows.TaskCount, .. parameters.Shared.shape]);
        Tensor weights = new TaskAdaptation(loss, new GroupedTasks(rows)).Adapt(parameters.Shared, parameters.LogPenalties, initial, cancellationToken).Weights;
        return names.Index().ToDictionary(name => name.Item, name => weights[name.Index].data<double>().ToArray());
    }

    public void Write(IHost host, DocumentWriter writer)
    {
        Columns.Write(writer);
        Task.Write(host, writer.Section("task"));
        writer.Write("means", Means);
        writer.Write("deviations", Deviations);
        writer.Write("feature_names", FeatureNames);
        writer.Write("shared", Shared);
        writer.Write("log_penalties", LogPenalties);
        writer.Write("tasks", Tasks.Keys);
        writer.Write("weights", [.. Tasks.Values.SelectMany(weights => weights)]);
        TuningHistoryFormat.Write(writer.IgnorableSection("history"), History);
    }

    /// <exception cref="FormatException">What the file holds is impossible.</exception>
    public static MetaLearnedLinearModel Read(IHost host, DocumentReader reader)
    {
        PredictionTask task = PredictionTaskFormat.Read(host, reader.Section("task"));
        double[] means = reader.Doubles("means"), deviations = reader.Doubles("deviations"), shared = reader.Doubles("shared"), penalties = reader.Doubles("log_penalties");
        string[] names = reader.Texts("tasks"), features = reader.Texts("feature_names");
        double[] weights = reader.Doubles("weights");
        int width = (means.Length + 1) * task.OutputWidth;
        bool isPossible = deviations.Length == means.Length && features.Length == means.Length && penalties.Length == means.Length + 1 && shared.Length == width
            && weights.Length == width * names.Length && names.Distinct().Count() == names.Length
            && Array.TrueForAll(deviations, deviation => deviation > 0) && new[] { means, shared, penalties, weights }.All(numbers => Array.TrueForAll(numbers, double.IsFinite));
        return isPossible
            ? new MetaLearnedLinearModel
            {
                Columns = MetaLearnedColumns.Read(reader),
                Task = task,
                Means = means,
                Deviations = deviations,
                FeatureNames = features,
                Shared = shared,
                LogPenalties = penalties,
                Tasks = names.Index().ToDictionary(name => name.Item, name => weights.AsSpan(name.Index * width, width).ToArray()),
                History = TuningHistoryFormat.Read(reader.Section("history")),
            }
            : throw new FormatException("The model file describes an impossible meta-learned model.");
    }
}
