using System.Globalization;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What <c>DistillRows</c> learned. <see cref="ToString"/> prints its losses.</summary>
public sealed class RowDistillation
{
    internal RowDistillation(IDataView rows, double loss, double fullLoss, double randomLoss, IReadOnlyList<TuningProgress> history) =>
        (Rows, Loss, FullLoss, RandomLoss, History) = (rows, loss, fullLoss, randomLoss, history);

    /// <summary>The learned rows: the feature, label and, where the trainer names one, example weight columns, with the types and annotations of the data's.</summary>
    public IDataView Rows { get; }

    /// <summary>
    /// Mean loss, on all rows of the data, of what the trainer gives on <see cref="Rows"/>: nats, or half the squared error of a label in units of its deviation, without the penalty.
    /// </summary>
    public double Loss { get; }

    /// <summary>The same of what the trainer gives on all rows of the data.</summary>
    public double FullLoss { get; }

    /// <summary>The same of what the trainer gives on the rows of the data that learning set out from, as many as were learned.</summary>
    public double RandomLoss { get; }

    /// <summary>The trainings, as they were reported to <see cref="RowDistillationOptions.Progress"/>.</summary>
    public IReadOnlyList<TuningProgress> History { get; }

    /// <summary>The losses, in a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Rows.GetRowCount()} rows from {History.Count} trainings in {History[^1].Elapsed.TotalSeconds:F1} s: loss {Loss:G5} on all rows, after {RandomLoss:G5} with as many random rows; all rows give {FullLoss:G5}.");
}
