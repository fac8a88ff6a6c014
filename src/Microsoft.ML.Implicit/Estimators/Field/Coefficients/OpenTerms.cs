using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The terms of an equation that are weighted sums, and the places of their weights among all.</summary>
internal sealed class OpenTerms
{
    private readonly int[] _counts;
    private readonly double[] _smallestWeights;
    private readonly bool[] _mayLeave;
    private readonly bool[] _isNetwork;

    /// <param name="dynamics">The equation.</param>
    /// <param name="steps">Fields that sizes are measured on.</param>
    public OpenTerms(FieldDynamics dynamics, FieldSteps steps)
    {
        FieldState state = dynamics.StateOf(steps.Start);
        IReadOnlyList<Tensor>[] bases = [.. dynamics.Terms.Select(term => term.Basis(state))];
        Terms = [.. dynamics.Terms.Where((_, i) => bases[i].Count > 0)];
        _counts = [.. bases.Select(basis => basis.Count).Where(count => count > 0)];
        _smallestWeights = [.. ForEachWeight((term, _) => term.SmallestWeight)];
        _mayLeave = [.. ForEachWeight((term, _) => term is LocalClosure)];
        _isNetwork = [.. ForEachWeight((term, i) => term is LocalClosure closure && i >= closure.PolynomialSize)];
        Sizes = [.. bases.SelectMany(basis => basis).Select(column => steps.Size(column))];
    }

    public FieldTerm[] Terms { get; }

    public int WeightCount => _isNetwork.Length;

    /// <summary>Of each weight how large what it multiplies is.</summary>
    public double[] Sizes { get; }

    public double SmallestWeight(int place) => _smallestWeights[place];

    /// <summary>Whether a weight may be left out.</summary>
    public bool MayLeave(int place) => _mayLeave[place];

    /// <summary>Places of the weights of hidden units, or of all others.</summary>
    public int[] Places(bool isNetwork) => [.. Enumerable.Range(0, WeightCount).Where(place => _isNetwork[place] == isNetwork)];

    /// <summary>A sum with its weights moved to within their bounds.</summary>
    public WeightedSum Bounded(WeightedSum sum) => sum with { Weights = [.. sum.Weights.Zip(sum.Places, (weight, place) => Math.Max(weight, _smallestWeights[place]))] };

    /// <summary>Sets the weights of the terms; those that the sum leaves out to 0.</summary>
    public void Set(WeightedSum sum)
    {
        double[] all = new double[WeightCount];
        foreach ((int place, double weight) in sum.Places.Zip(sum.Weights))
        {
            all[place] = weight;
        }

        int first = 0;
        foreach ((FieldTerm term, int count) in Terms.Zip(_counts))
        {
            term.SetWeights(all.AsSpan(first, count));
            first += count;
        }
    }

    private IEnumerable<T> ForEachWeight<T>(Func<FieldTerm, int, T> of) => Terms.Zip(_counts).SelectMany(pair => Enumerable.Range(0, pair.Second).Select(i => of(pair.First, i)));
}
