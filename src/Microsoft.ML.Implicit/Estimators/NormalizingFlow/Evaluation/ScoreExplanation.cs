using System.Numerics.Tensors;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Divides what a row scores beyond a typical row among its features: the Shapley values of the game in which features have the row's values if they
/// take part, and the typical row's if they do not (Lundberg and Lee, A unified approach to interpreting model predictions, 2017), over a sample of orders,
/// each with its reverse, which makes the values of interacting pairs exact (Mitchell, Cooper, Frank and Holmes, Sampling permutations for Shapley value estimation, 2022).
/// </summary>
internal sealed class ScoreExplanation
{
    private const int Samples = 512;
    private const int SamplesOfContext = 64;
    private const int OrderPairs = 4;

    private readonly NormalizingFlowModelParameters _model;
    private readonly Lazy<TypicalRows> _typical;

    // Slots that take part together: those of a unit vector, and any other alone.
    private readonly int[][] _players;
    private readonly int[][] _orders;

    public ScoreExplanation(NormalizingFlowModelParameters model)
    {
        _model = model;
        _typical = new Lazy<TypicalRows>(() => TypicalRows.Draw(model, Samples, default), LazyThreadSafetyMode.PublicationOnly);
        _players = [.. model.Layout.LinearSlots.Select(slot => new[] { slot }), .. model.Layout.Spheres.Select(sphere => sphere.Indices.ToArray())];
        _orders = [.. CreateOrders(_players.Length)];
    }

    /// <summary>Explains one row.</summary>
    /// <param name="features">[features].</param>
    /// <param name="context">[context].</param>
    /// <param name="contributions">Receives what each feature adds to the score, in nats: [features]; NaN where a value is not finite.</param>
    /// <param name="typicalRow">Receives the row it is compared with, [features]; NaN likewise.</param>
    public void Explain(ReadOnlySpan<float> features, ReadOnlySpan<float> context, Span<float> contributions, Span<float> typicalRow)
    {
        if (!TensorPrimitives.IsFiniteAll(features) || !(context.IsEmpty || TensorPrimitives.IsFiniteAll(context)))
        {
            contributions.Fill(float.NaN);
            typicalRow.Fill(float.NaN);
            return;
        }

        TypicalRows typical = _model.ContextCount == 0 ? _typical.Value : TypicalRows.Draw(_model, SamplesOfContext, context);
        typical.Nearest(features).CopyTo(typicalRow);
        double[] scores = ScoreBetween(features, context, typicalRow);
        double[] shares = new double[features.Length];
        int next = 0;
        foreach (int[] order in _orders)
        {
            for (int k = 0; k < order.Length; k++)
            {
                int[] slots = _players[order[k]];
                double share = (scores[next + k + 1] - scores[next + k]) / (_orders.Length * slots.Length);
                foreach (int slot in slots)
                {
                    shares[slot] += share;
                }
            }

            next += order.Length + 1;
        }

        for (int slot = 0; slot < shares.Length; slot++)
        {
            contributions[slot] = SingleRange.Saturate(shares[slot]);
        }
    }

    private static IEnumerable<int[]> CreateOrders(int count)
    {
        var random = new Random(0);
        for (int pair = 0; pair < OrderPairs; pair++)
        {
            int[] order = [.. Enumerable.Range(0, count)];
            random.Shuffle(order);
            yield return order;
            yield return [.. order.Reverse()];
        }
    }

    // Scores on the way from the typical row to the row in each order, both ends included.
    private double[] ScoreBetween(ReadOnlySpan<float> features, ReadOnlySpan<float> context, ReadOnlySpan<float> typicalRow)
    {
        int width = features.Length;
        float[] rows = new float[_orders.Length * (_players.Length + 1) * width];
        int next = 0;
        foreach (int[] order in _orders)
        {
            typicalRow.CopyTo(rows.AsSpan(next));
            foreach (int player in order)
            {
                rows.AsSpan(next, width).CopyTo(rows.AsSpan(next + width));
                next += width;
                foreach (int slot in _players[player])
                {
                    rows[next + slot] = features[slot];
                }
            }

            next += width;
        }

        double[] scores = new double[rows.Length / width];
        float[] contexts = [.. Enumerable.Repeat(context.ToArray(), scores.Length).SelectMany(values => values)];
        _model.Score(rows, new double[scores.Length], scores, contexts);
        return scores;
    }
}
