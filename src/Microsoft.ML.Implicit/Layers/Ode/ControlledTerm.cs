using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>dz/dt = f(t, z) dX/dt.</summary>
/// <param name="vectorField">f.</param>
/// <param name="path">X.</param>
/// <param name="inputs">What is read in the place of the path's inputs.</param>
/// <param name="rows">Rows of the batch that the state consists of, with the number of all of them; <see langword="null"/> for the whole batch.</param>
internal sealed class ControlledTerm(nn.Module<Tensor, Tensor, Tensor> vectorField, ControlPath path, IReadOnlyList<Tensor> inputs, (Tensor Indices, long Batch)? rows = null)
    : IRebindableOdeTerm, IRowTimeOdeTerm
{
    public IReadOnlyList<Tensor> Parameters => [.. vectorField.parameters(), .. inputs];

    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor times = full([1], time.Held(), ScalarType.Float64, state.device);
        return Product(TimeScalar.Create(time, state), times, state).MoveToOuterDisposeScope();
    }

    public Tensor Evaluate(Tensor times, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return Product(times.view([-1, .. Enumerable.Repeat(1L, (int)state.dim() - 1)]), times.to(ScalarType.Float64), state).MoveToOuterDisposeScope();
    }

    public OdeLinearization Linearize(double time, Tensor state) => AutogradOdeLinearization.Create(this, time, state);

    public IDifferentiableOdeTerm Rebind(IReadOnlyList<Tensor> parameters) => new ControlledTerm(vectorField, path, [.. parameters.TakeLast(inputs.Count)], rows);

    public IRowTimeOdeTerm SelectRows(Tensor indices, long batch) => new ControlledTerm(vectorField, path, inputs, (indices, batch));

    public override string ToString() => $"the module {vectorField.GetName()}";

    private Tensor Product(Tensor time, Tensor times, Tensor state)
    {
        Tensor slope = Slope(times).to(state.dtype);
        long rowCount = slope.dim() == 2 && slope.shape[0] == 1 ? 1 : state.shape[0];
        using Tensor like = empty([rowCount, slope.shape[^1]], state.dtype, state.device);
        TensorContract.Require(slope, like, path, " as its derivative");
        Tensor product = vectorField.forward(time, state);
        using Tensor matrices = empty([.. state.shape, slope.shape[1]], state.dtype, state.device);
        TensorContract.Require(product, matrices, this, $" for a path of {slope.shape[1]} channels");
        return product.reshape(state.shape[0], -1, slope.shape[1]).matmul(slope.unsqueeze(2)).view(state.shape);
    }

    // A path knows whole batches only; rows that are not asked for are evaluated at another's time.
    private Tensor Slope(Tensor times)
    {
        if (rows is not { } selected || times.shape[0] == 0)
        {
            return path.Derivative(times, inputs);
        }

        Tensor all = times[0].repeat(selected.Batch).index_copy(0, selected.Indices, times);
        Tensor slope = path.Derivative(all, inputs);
        return slope.shape[0] == 1 ? slope : slope.index_select(0, selected.Indices);
    }
}
