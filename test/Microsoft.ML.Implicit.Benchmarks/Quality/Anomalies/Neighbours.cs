using System.Numerics.Tensors;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>The training rows nearest to each of some rows, nearest first.</summary>
internal static class Neighbours
{
    /// <param name="rows">Rows.</param>
    /// <param name="training">Training rows.</param>
    /// <param name="count">Neighbours of each row.</param>
    /// <param name="areSame">Whether the rows are the training rows, of which none is its own neighbour.</param>
    public static (int Row, double Distance)[][] Find(double[][] rows, double[][] training, int count, bool areSame = false) =>
    [
        .. rows.Select((row, index) => training.Select((other, place) => (Row: place, Distance: TensorPrimitives.Distance<double>(row, other)))
            .Where(other => !areSame || other.Row != index).OrderBy(other => other.Distance).Take(count).ToArray()),
    ];
}
