using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>Samples.</content>
public sealed partial class NormalizingFlowModelParameters
{
    /// <summary>Draws rows from an unconditional density.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">The same seed gives the same rows.</param>
    /// <returns>[count, <see cref="FeatureCount"/>], row by row.</returns>
    /// <exception cref="InvalidOperationException">The density is conditional.</exception>
    public float[] Sample(int count, int seed) => ContextCount > 0
        ? throw new InvalidOperationException($"The density is conditional on {ContextCount} values: use {nameof(ConditionalSample)}.")
        : _evaluator.Draw(count, seed, [], _tolerance);

    /// <summary>Draws rows from an unconditional density into a data view.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">The same seed gives the same rows.</param>
    /// <param name="outputColumnName">Column of features.</param>
    /// <returns>A data view of one column.</returns>
    /// <exception cref="InvalidOperationException">The density is conditional.</exception>
    public IDataView SampleDataView(int count, int seed, string outputColumnName = DefaultColumnNames.Features) =>
        CreateView(Sample(count, seed), outputColumnName);

    /// <summary>Draws rows from a conditional density.</summary>
    /// <param name="context">What the density is conditioned on: [<see cref="ContextCount"/>].</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">The same seed gives the same rows.</param>
    /// <returns>[count, <see cref="FeatureCount"/>], row by row.</returns>
    /// <exception cref="ArgumentException">The context's length does not fit.</exception>
    public float[] ConditionalSample(ReadOnlySpan<float> context, int count, int seed)
    {
        if (ContextCount == 0 || context.Length != ContextCount)
        {
            throw new ArgumentException($"The context has {context.Length} values; the density is conditioned on {ContextCount}.", nameof(context));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        float[] contexts = new float[count * ContextCount];
        for (int row = 0; row < count; row++)
        {
            context.CopyTo(contexts.AsSpan(row * ContextCount));
        }

        return _evaluator.Draw(count, seed, contexts, _tolerance);
    }

    /// <summary>Draws one row for each row of a data view from a conditional density. They are drawn as the result is read.</summary>
    /// <param name="data">Rows with what the density is conditioned on; one with a value that is not finite gets NaN.</param>
    /// <param name="contextColumnName">Vector of Single.</param>
    /// <param name="seed">The same seed gives the same rows each time that the same data are read.</param>
    /// <param name="outputColumnName">New column of features.</param>
    /// <returns>The rows with one more column.</returns>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training, or the density is not conditional.</exception>
    public IDataView ConditionalSample(IDataView data, string contextColumnName, int seed, string outputColumnName = DefaultColumnNames.Features)
    {
        if (ContextCount == 0)
        {
            throw new ArgumentException("The density is not conditional.", nameof(contextColumnName));
        }

        ArgumentNullException.ThrowIfNull(data);
        return new BatchedDataView(data, new ConditionalSampleMapper(this, contextColumnName, seed, outputColumnName));
    }

    /// <summary>Quantiles of each feature under the density, from samples.</summary>
    /// <param name="probabilities">Probabilities, each from 0 to 1.</param>
    /// <param name="sampleCount">Number of samples to take them from.</param>
    /// <param name="seed">Seed of the samples.</param>
    /// <param name="context">What the density is conditioned on: [<see cref="ContextCount"/>].</param>
    /// <returns>[<see cref="FeatureCount"/>, probabilities].</returns>
    /// <remarks>Angles count from 0 up to their period.</remarks>
    /// <exception cref="ArgumentException">A probability is out of range, or the context's length does not fit.</exception>
    public float[,] MarginalQuantiles(ReadOnlySpan<double> probabilities, int sampleCount = 10_000, int seed = 0, ReadOnlySpan<float> context = default)
    {
        float[] samples = ContextCount == 0 ? Sample(sampleCount, seed) : ConditionalSample(context, sampleCount, seed);
        return SampleQuantiles.OfColumns(samples, FeatureCount, probabilities);
    }

    /// <summary>Draws one row for each context.</summary>
    /// <param name="contexts">[rows, <see cref="ContextCount"/>], row by row.</param>
    /// <param name="seed">Seed of the noise.</param>
    internal float[] Draw(ReadOnlySpan<float> contexts, int seed) => _evaluator.Draw(contexts.Length / ContextCount, seed, contexts, _tolerance);

    private IDataView CreateView(float[] rows, string columnName)
    {
        var builder = new ArrayDataViewBuilder(_host);
        builder.AddColumn(columnName, NumberDataViewType.Single, rows.Chunk(FeatureCount).ToArray());
        return builder.GetDataView(rows.Length / FeatureCount);
    }
}
