namespace Microsoft.ML.Implicit.Numerics;

/// <summary>A correlation of <see cref="ImagePlanes"/> with a kernel of one or 3 × 3 pixels: a product of the kernel with the planes, each shifted by the kernel's pixels.</summary>
internal sealed unsafe class PlaneConvolution : IDisposable
{
    private readonly ImagePlanes _input;
    private readonly ImagePlanes _output;
    private readonly AlignedBuffer _weight;
    private readonly AlignedBuffer _offsets;
    private readonly int _inputs;

    /// <param name="kernel">[output, input, size, size].</param>
    /// <param name="size">Height and width of the kernel, 1 or 3.</param>
    /// <param name="input">Images to correlate.</param>
    /// <param name="output">Results, of the same height and width.</param>
    public PlaneConvolution(ReadOnlySpan<float> kernel, int size, ImagePlanes input, ImagePlanes output)
    {
        (_input, _output, _inputs) = (input, output, input.Channels * size * size);
        _weight = new AlignedBuffer((long)output.PaddedChannels * _inputs);
        kernel.CopyTo(new Span<float>(_weight.Pointer, kernel.Length));
        _offsets = new AlignedBuffer(_inputs);
        var offsets = new Span<int>(_offsets.Pointer, _inputs);
        for (int i = 0; i < _inputs; i++)
        {
            (int channel, int pixel) = Math.DivRem(i, size * size);
            (int y, int x) = Math.DivRem(pixel, size);
            offsets[i] = (channel * input.PlaneStride) + ((y - (size / 2)) * input.RowStride) + x - (size / 2);
        }
    }

    /// <summary>Multiplications for one image.</summary>
    public long Work => (long)_output.PaddedChannels * _inputs * _output.PlaneLength;

    /// <summary>output = kernel ∗ input + shift, with numbers in the border of the output that mean nothing.</summary>
    /// <param name="input">Planes of the input.</param>
    /// <param name="shift">Planes of the output's layout; may be the output.</param>
    /// <param name="output">Receives the result.</param>
    public void Apply(float* input, float* shift, float* output)
    {
        if (Tile.IsWideVector)
        {
            Apply<WideVector>(input, shift, output);
        }
        else
        {
            Apply<UsualVector>(input, shift, output);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight.Dispose();
        _offsets.Dispose();
    }

    private void Apply<TVector>(float* input, float* shift, float* output)
        where TVector : unmanaged, ISingleVector<TVector>
    {
        RowSpan weight = new(_weight.Pointer, _inputs), s = new(shift + _output.Origin, _output.PlaneStride), y = new(output + _output.Origin, _output.PlaneStride);
        for (int pixel = 0; pixel < _output.PlaneLength; pixel += 2 * TVector.Count)
        {
            // The last of an odd number of vectors is paired with itself.
            int apart = pixel + TVector.Count < _output.PlaneLength ? TVector.Count : 0;
            var vectors = new VectorPairs(input + _input.Origin + pixel, (int*)_offsets.Pointer, _inputs, apart, apart);
            PanelProducts.Multiply<TVector>(_output.PaddedChannels, vectors, weight, s.Shifted(pixel), y.Shifted(pixel));
        }
    }
}
