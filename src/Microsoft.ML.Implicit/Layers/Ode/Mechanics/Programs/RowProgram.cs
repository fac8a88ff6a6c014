using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>
/// Dynamics as a list of operations on <see cref="RowLanes.Count"/> rows at once in managed memory, in float64, with the pullback of each: small networks
/// are evaluated in less time than tensor operations take to start.
/// </summary>
/// <param name="operations">The operations, in the order of evaluation.</param>
/// <param name="parameters">What they read beside the input.</param>
/// <param name="width">Columns of all values.</param>
/// <param name="input">q and w.</param>
/// <param name="controls">u, of no width without controls.</param>
/// <param name="output">d(q, w)/dt.</param>
internal sealed unsafe class RowProgram(RowOperation[] operations, Tensor[] parameters, int width, Block input, Block controls, Block output)
{
    public Block Input => input;

    public Block Controls => controls;

    public Block Output => output;

    /// <summary>Numbers of all values, and of all cotangents.</summary>
    public int ValuesLength { get; } = width * RowLanes.Count;

    /// <summary>What is read beside the input.</summary>
    public IReadOnlyList<Tensor> Parameters => parameters;

    /// <summary>Number of parameters.</summary>
    public int ParameterCount { get; } = (int)parameters.Sum(parameter => parameter.numel());

    /// <summary>Copies the parameters, which training changes.</summary>
    public double[] ReadParameters()
    {
        double[] numbers = new double[ParameterCount];
        int place = 0;
        foreach (Tensor parameter in parameters)
        {
            int count = (int)parameter.numel();
            new ReadOnlySpan<double>(parameter.Pointer<double>(), count).CopyTo(numbers.AsSpan(place, count));
            place += count;
        }

        return numbers;
    }

    /// <summary>Computes all values from those of the input and the controls.</summary>
    public void Evaluate(double* values, double* numbers)
    {
        foreach (RowOperation operation in operations)
        {
            operation.Evaluate(values, numbers);
        }
    }

    /// <summary>Computes the input's cotangents from those of the output; all others are to be zero, and are used.</summary>
    public void Pullback(double* values, double* cotangents, double* numbers, double* gradient)
    {
        for (int i = operations.Length - 1; i >= 0; i--)
        {
            operations[i].Pullback(values, cotangents, numbers, gradient);
        }
    }
}
