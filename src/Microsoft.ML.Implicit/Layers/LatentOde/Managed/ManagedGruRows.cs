using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde.Managed;

/// <summary>A step of the gated recurrent unit of <see cref="ManagedGru"/>, with fixed weights and for a few rows, which may be one.</summary>
internal sealed unsafe class ManagedGruRows : IDisposable
{
    private readonly PanelAffine _inputGates;
    private readonly PanelAffine _stateGates;
    private readonly PanelAffine _inputCandidate;
    private readonly PanelAffine _stateCandidate;

    /// <param name="inputWeight">[3 · width, inputs], of r, z and n.</param>
    /// <param name="stateWeight">[3 · width, width].</param>
    /// <param name="inputBias">[3 · width].</param>
    /// <param name="stateBias">[3 · width].</param>
    public ManagedGruRows(Tensor inputWeight, Tensor stateWeight, Tensor inputBias, Tensor stateBias)
    {
        (Inputs, Width) = ((int)inputWeight.shape[1], (int)stateWeight.shape[1]);
        Stride = PanelAffine.Pad(Width);
        (_inputGates, _inputCandidate) = Pack(inputWeight.ReadSingles(), Inputs, inputBias.ReadSingles());
        (_stateGates, _stateCandidate) = Pack(stateWeight.ReadSingles(), Width, stateBias.ReadSingles());

        // The inputs' share of the gates is what the state's is added to, in place of its bias.
        TileAlgebra.Combine(_inputGates.Bias, _stateGates.Bias, [1f], 2 * Stride, _inputGates.Bias);
    }

    /// <summary>Number of inputs.</summary>
    public int Inputs { get; }

    /// <summary>Width of the state.</summary>
    public int Width { get; }

    /// <summary>Floats of a row's state; those past its last coordinate are zero.</summary>
    public int Stride { get; }

    /// <summary>Floats that a step of one row works in.</summary>
    public int ScratchLength => 4 * Stride;

    /// <summary>Multiplications of a step of one row.</summary>
    public long Work => _inputGates.Work + _stateGates.Work + _inputCandidate.Work + _stateCandidate.Work;

    /// <summary>Replaces states by the next ones.</summary>
    /// <param name="inputs">Rows of <see cref="Inputs"/> floats.</param>
    /// <param name="rows">Their number.</param>
    /// <param name="states">Rows of <see cref="Stride"/> floats.</param>
    /// <param name="scratch"><see cref="ScratchLength"/> floats a row.</param>
    public void Step(float* inputs, int rows, float* states, float* scratch)
    {
        int gateStride = 2 * Stride;
        float* gates = scratch;
        float* candidates = gates + (rows * gateStride);
        float* shares = candidates + (rows * Stride);
        _inputGates.Evaluate(inputs, Inputs, rows, gates, gateStride);
        _stateGates.Evaluate(states, Stride, gates, gateStride, rows, gates, gateStride);
        _inputCandidate.Evaluate(inputs, Inputs, rows, candidates, Stride);
        _stateCandidate.Evaluate(states, Stride, rows, shares, Stride);
        VectorizedActivation.Tanh(gates, rows * gateStride);
        GruGates.ToLogistic(gates, rows * gateStride);
        for (int row = 0; row < rows; row++)
        {
            GruGates.MultiplyAdd(candidates + (row * Stride), gates + (row * gateStride), shares + (row * Stride), Stride, candidates + (row * Stride));
        }

        VectorizedActivation.Tanh(candidates, rows * Stride);
        for (int row = 0; row < rows; row++)
        {
            GruGates.Blend(candidates + (row * Stride), gates + (row * gateStride) + Stride, states + (row * Stride), Stride, states + (row * Stride));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputGates.Dispose();
        _stateGates.Dispose();
        _inputCandidate.Dispose();
        _stateCandidate.Dispose();
    }

    // The gates' arguments come halved, as the logistic function is taken.
    private (PanelAffine Gates, PanelAffine Candidate) Pack(float[] weight, int inputs, float[] bias)
    {
        float[] gates = new float[inputs * 2 * Stride], gateBias = new float[2 * Stride];
        float[] candidate = new float[inputs * Stride], candidateBias = new float[Stride];
        for (int unit = 0; unit < Width; unit++)
        {
            for (int gate = 0; gate < 2; gate++)
            {
                gateBias[(gate * Stride) + unit] = bias[(gate * Width) + unit] / 2;
            }

            candidateBias[unit] = bias[(2 * Width) + unit];
            for (int i = 0; i < inputs; i++)
            {
                gates[(i * 2 * Stride) + unit] = weight[(unit * inputs) + i] / 2;
                gates[(i * 2 * Stride) + Stride + unit] = weight[((Width + unit) * inputs) + i] / 2;
                candidate[(i * Stride) + unit] = weight[(((2 * Width) + unit) * inputs) + i];
            }
        }

        return (new PanelAffine(gates, inputs, gateBias), new PanelAffine(candidate, inputs, candidateBias));
    }
}
