using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Where training begins: the weights of all terms that are weighted sums, by least squares of the change from each field to the next. The first fit takes the mean of the sums at both for
/// the rate of change in between; what solving the equation then leaves of the changes is fitted in the same way and corrects it. Terms of known form come first, and the learned part is fitted to
/// what they leave.
/// </summary>
internal sealed class CoefficientFit
{
    private const int Corrections = 5;

    // Of the mean square of a column, for columns that are nearly sums of others; one that hardly differs from zero has no weight.
    private const double Ridge = 1e-6;
    private const double SmallestColumn = 1e-3;

    private readonly FieldDynamics _dynamics;
    private readonly FieldSolver _solver;
    private readonly CancellationToken _cancellation;
    private readonly FieldBatchWindow _batch;
    private readonly FieldTerm[][] _groups;
    private readonly Dictionary<FieldTerm, double[]> _weights;
    private readonly Tensor _pace;
    private readonly Tensor _root;

    private CoefficientFit(FieldDynamics dynamics, FieldWindows windows, FieldSolver solver, CancellationToken cancellation)
    {
        (_dynamics, _solver, _cancellation) = (dynamics, solver, cancellation);
        _batch = windows.Sample();
        long[] shape = [-1, .. Enumerable.Repeat(1L, (int)_batch.Start.dim() - 1)];
        _pace = _batch.Paces[0].view(shape);
        _root = _batch.Weights[0].sqrt().view(shape);
        FieldState first = dynamics.StateOf(_batch.Start);
        FieldTerm[] open = [.. dynamics.Terms.Where(term => term.Basis(first).Count > 0)];
        _groups = [.. new[] { open.Where(term => term is not LocalClosure).ToArray(), open.Where(term => term is LocalClosure).ToArray() }.Where(group => group.Length > 0)];
        _weights = open.ToDictionary(term => term, term => new double[term.Basis(first).Count]);
    }

    /// <param name="dynamics">The equation, float32 on the CPU.</param>
    /// <param name="windows">Windows of the training series.</param>
    /// <param name="solver">How fields are carried on.</param>
    /// <param name="cancellation">Checked in every step of solves.</param>
    public static void Initialize(FieldDynamics dynamics, FieldWindows windows, FieldSolver solver, CancellationToken cancellation)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        var fit = new CoefficientFit(dynamics, windows, solver, cancellation);
        if (fit._groups.Length > 0)
        {
            fit.Run();
        }
    }

    private void Run()
    {
        FieldState first = _dynamics.StateOf(_batch.Start), last = _dynamics.StateOf(_batch.Targets[0]);
        Tensor rate = (_batch.Targets[0] - _batch.Start) / _pace;
        Correct(_dynamics.Terms.Except(_weights.Keys).Aggregate(rate, (rest, term) => rest - Mean(term.forward(first), term.forward(last))), first, last);
        Tensor defect = Defect();
        if (!double.IsFinite(Size(defect)))
        {
            // An equation that cannot be solved is none to begin at.
            Set(_weights.ToDictionary(pair => pair.Key, pair => new double[pair.Value.Length]));
            return;
        }

        for (int i = 0; i < Corrections; i++)
        {
            Dictionary<FieldTerm, double[]> before = _weights.ToDictionary();
            Correct(defect, first, last);
            Tensor next = Defect();
            if (!(Size(next) < Size(defect)))
            {
                Set(before);
                return;
            }

            defect = next;
        }
    }

    private void Correct(Tensor rate, FieldState first, FieldState last)
    {
        Tensor left = rate;
        foreach (FieldTerm[] group in _groups)
        {
            Tensor[][] bases = [.. group.Select(term => term.Basis(first).Zip(term.Basis(last), Mean).ToArray())];
            Tensor columns = stack([.. bases.SelectMany(basis => basis)], -1);
            Tensor found = LeastSquares((columns * _root.unsqueeze(-1)).reshape(-1, columns.shape[^1]), (left * _root).reshape(-1));
            left = left - columns.matmul(found);
            double[] values = [.. found.data<double>()];
            int next = 0;
            foreach (FieldTerm term in group)
            {
                double[] change = values[next..(next += _weights[term].Length)];
                _weights[term] = [.. _weights[term].Zip(change, (weight, delta) => weight + delta)];
            }
        }

        Set(_weights);
    }

    private static void Set(Dictionary<FieldTerm, double[]> weights)
    {
        foreach ((FieldTerm term, double[] values) in weights)
        {
            term.SetWeights(values);
        }
    }

    // What a solve of the equation leaves of each change, a time; NaN where it cannot be solved.
    private Tensor Defect()
    {
        var single = new FieldBatchWindow(_batch.Start.to(ScalarType.Float32), _batch.Targets, _batch.Paces.to(ScalarType.Float32), _batch.Weights);
        return (_batch.Targets[0] - FieldRollout.Next(_dynamics, single, _solver, _cancellation).to(ScalarType.Float64)) / _pace;
    }

    private double Size(Tensor defect) => (defect * _root).norm().item<double>();

    private static Tensor LeastSquares(Tensor matrix, Tensor right)
    {
        Tensor scale = matrix.Squared().mean([0]).sqrt().clamp_min(SmallestColumn.Held());
        Tensor scaled = matrix / scale;
        Tensor normal = (scaled.t().mm(scaled) / matrix.shape[0].Held()).Plus(eye(matrix.shape[1], dtype: ScalarType.Float64) * Ridge.Held());
        return linalg.solve(normal, scaled.t().mv(right) / matrix.shape[0].Held()) / scale;
    }

    private static Tensor Mean(Tensor left, Tensor right) => left.Plus(right) / 2.Held();
}
