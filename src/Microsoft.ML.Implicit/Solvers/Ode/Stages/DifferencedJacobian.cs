using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>∂f/∂z by forward differences: one evaluation of f for each product, or for each column of the matrices.</summary>
internal sealed class DifferencedJacobian : StateJacobian
{
    private readonly IOdeTerm _term;
    private readonly double _time;
    private readonly long[] _shape;
    private readonly Tensor _rows;
    private readonly Tensor _steps;
    private readonly Tensor _slope;
    private int _evaluations;

    /// <param name="term">f.</param>
    /// <param name="time">t.</param>
    /// <param name="state">z, <c>[rows, ...]</c>.</param>
    /// <param name="steps">Size of the difference in each element, <c>[rows, width]</c>.</param>
    public DifferencedJacobian(IOdeTerm term, double time, Tensor state, Tensor steps)
        : base(state.shape[0], steps.shape[1], state)
    {
        using DisposeScope scope = NewDisposeScope();
        _term = term;
        _time = time;
        _shape = state.shape;
        _rows = state.view(Rows, Width).alias();
        _steps = steps.alias();
        _slope = Evaluate(_rows);
        scope.Detach(_rows, _steps, _slope);
    }

    public override int Evaluations => _evaluations;

    /// <summary>No element is moved by more than its step.</summary>
    public override Tensor Apply(Tensor vector)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor size = (vector.abs() / _steps).amax([1], keepdim: true).reciprocal();
        size = where(size.isfinite(), size, zeros_like(size));
        Tensor change = Evaluate(_rows.Plus(vector * size)) - _slope;
        return where(size.gt(0.Held()), change / size, zeros_like(change)).MoveToOuterDisposeScope();
    }

    public override Tensor ApplyTransposed(Tensor vector) => throw new NotSupportedException("Differences do not give products with the transposed Jacobian.");

    public override Tensor Dense()
    {
        using DisposeScope scope = NewDisposeScope();
        var columns = new Tensor[Width];
        for (int j = 0; j < columns.Length; j++)
        {
            using DisposeScope column = NewDisposeScope();
            Tensor moved = _rows.clone();
            moved.select(1, j).PlusInPlace(_steps.select(1, j));
            columns[j] = (Evaluate(moved) - _slope).div_(_steps.select(1, j).unsqueeze(1)).MoveToOuterDisposeScope();
        }

        return stack(columns, 2).MoveToOuterDisposeScope();
    }

    public override void Dispose()
    {
        _rows.Dispose();
        _steps.Dispose();
        _slope.Dispose();
    }

    private Tensor Evaluate(Tensor rows)
    {
        _evaluations++;
        return _term.EvaluateChecked(_time, rows.view(_shape)).reshape(Rows, Width);
    }
}
