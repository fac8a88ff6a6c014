using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How evaluations are kept in a model file.</summary>
internal static class TuningHistoryFormat
{
    private const string Name = "evaluations";
    private const int Width = 7;

    public static void Write(DocumentWriter writer, IReadOnlyList<TuningProgress> history) => writer.Write(Name,
    [
        .. history.SelectMany(evaluation => new[]
        {
            evaluation.Evaluation, evaluation.MaximumEvaluations, evaluation.TrainingLoss, evaluation.ValidationLoss, evaluation.BestEvaluation, evaluation.TrainingSteps,
            evaluation.Elapsed.Ticks,
        }),
    ]);

    /// <exception cref="FormatException">A number is missing.</exception>
    public static IReadOnlyList<TuningProgress> Read(DocumentReader reader)
    {
        double[][] rows = [.. reader.Doubles(Name).Chunk(Width)];
        return rows.Length > 0 && rows[^1].Length < Width
            ? throw new FormatException("The model file describes an impossible history of training.")
            : [.. rows.Select(row => new TuningProgress((int)row[0], (int)row[1], row[2], row[3], (int)row[4], (int)row[5], TimeSpan.FromTicks((long)row[6])))];
    }
}
