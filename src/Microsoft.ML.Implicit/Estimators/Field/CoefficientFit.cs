using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Where training begins: the weights of all terms that are weighted sums, by least squares of the change from each field to the next, with the mean of the sums at both. Terms of known form
/// come first; the learned part is fitted to what they leave.
/// </summary>
internal static class CoefficientFit
{
    private const int MostWindows = 512;

    // Of the mean square of a column: for columns that are nearly sums of others.
    private const double Ridge = 1e-6;

    /// <param name="dynamics">The equation, float32 on the CPU.</param>
    /// <param name="windows">Windows of the training series.</param>
    public static void Initialize(FieldDynamics dynamics, FieldWindows windows)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        long stride = (windows.Count + MostWindows - 1) / MostWindows;
        FieldBatchWindow batch = windows.Build([.. Enumerable.Range(0, windows.Count).Where(i => i % stride == 0).Select(i => (long)i)], CPU, ScalarType.Float64);
        FieldState first = dynamics.StateOf(batch.Start), last = dynamics.StateOf(batch.Targets[0]);
        long[] shape = [-1, .. Enumerable.Repeat(1L, (int)batch.Start.dim() - 1)];
        Tensor weight = batch.Weights[0].sqrt().view(shape);
        Tensor rate = (batch.Targets[0] - batch.Start) / batch.Paces[0].view(shape);
        FieldTerm[] open = [.. dynamics.Terms.Where(term => term.Basis(first).Count > 0)];
        Tensor left = dynamics.Terms.Except(open).Aggregate(rate, (rest, term) => rest - Mean(term.forward(first), term.forward(last)));
        foreach (FieldTerm[] group in (FieldTerm[][])[[.. open.Where(term => term is not LocalClosure)], [.. open.Where(term => term is LocalClosure)]])
        {
            if (group.Length > 0)
            {
                left = Fit(group, first, last, left, weight);
            }
        }
    }

    // Returns what the fit leaves.
    private static Tensor Fit(FieldTerm[] terms, FieldState first, FieldState last, Tensor rate, Tensor weight)
    {
        Tensor[][] bases = [.. terms.Select(term => term.Basis(first).Zip(term.Basis(last), Mean).ToArray())];
        Tensor columns = stack([.. bases.SelectMany(basis => basis)], -1);
        int count = (int)columns.shape[^1];
        Tensor matrix = (columns * weight.unsqueeze(-1)).reshape(-1, count);
        Tensor scale = matrix.Squared().mean([0]).sqrt();
        scale = where(scale.gt(0.Held()), scale, ones_like(scale));
        Tensor scaled = matrix / scale;
        Tensor normal = scaled.t().mm(scaled) / matrix.shape[0].Held();
        Tensor right = scaled.t().mv((rate * weight).reshape(-1)) / matrix.shape[0].Held();
        Tensor found = linalg.solve(normal.Plus(eye(count, dtype: ScalarType.Float64) * Ridge.Held()), right) / scale;
        double[] values = [.. found.data<double>()];
        int next = 0;
        foreach ((FieldTerm term, Tensor[] basis) in terms.Zip(bases))
        {
            term.SetWeights(values.AsSpan(next, basis.Length));
            next += basis.Length;
        }

        return rate - columns.matmul(found);
    }

    private static Tensor Mean(Tensor left, Tensor right) => left.Plus(right) / 2.Held();
}
