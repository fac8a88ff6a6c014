using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>A digest of options or data: of every field of an object, and of the fields of what it holds.</summary>
/// <remarks>An option that is added later is in it without being named here.</remarks>
internal sealed class Fingerprint : IDisposable
{
    private const long ElementsAtOnce = 1 << 24;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private Fingerprint()
    {
    }

    public static byte[] Of(object? value)
    {
        using var fingerprint = new Fingerprint();
        fingerprint.Add(value);
        return fingerprint._hash.GetHashAndReset();
    }

    public void Dispose() => _hash.Dispose();

    private void Add(object? value)
    {
        switch (value)
        {
            case null:
                Add("null");
                break;
            case Tensor tensor:
                AddTensor(tensor);
                break;
            case float[] numbers:
                AddBytes(MemoryMarshal.AsBytes<float>(numbers));
                break;
            case double[] numbers:
                AddBytes(MemoryMarshal.AsBytes<double>(numbers));
                break;
            case IConvertible number:
                Add(number.ToString(CultureInfo.InvariantCulture));
                break;
            case IEnumerable items:
                foreach (object? item in items)
                {
                    Add(item);
                }

                Add("end");
                break;
            default:
                AddFields(value);
                break;
        }
    }

    private void Add(string text) => AddBytes(Encoding.UTF8.GetBytes(text));

    // With the length before them, what is added ends in one place only.
    private void AddBytes(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(BitConverter.GetBytes(bytes.Length));
        _hash.AppendData(bytes);
    }

    private void AddTensor(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Add($"{tensor.dtype}[{string.Join(',', tensor.shape)}]");
        if (tensor.is_sparse)
        {
            AddTensor(tensor.SparseIndices);
            AddTensor(tensor.SparseValues);
            return;
        }

        Tensor flat = tensor.flatten();
        for (long first = 0; first < flat.shape[0]; first += ElementsAtOnce)
        {
            using Tensor part = flat.narrow(0, first, Math.Min(ElementsAtOnce, flat.shape[0] - first)).cpu().contiguous();
            AddBytes(part.bytes);
        }
    }

    private void AddFields(object value)
    {
        Add(value.GetType().FullName!);
        for (Type? type = value.GetType(); type is not null; type = type.BaseType)
        {
            FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
            foreach (FieldInfo field in fields.OrderBy(field => field.Name, StringComparer.Ordinal))
            {
                if (!field.IsDefined(typeof(LeavesModelUnchangedAttribute)))
                {
                    Add(field.Name);
                    Add(field.GetValue(value));
                }
            }
        }
    }
}
