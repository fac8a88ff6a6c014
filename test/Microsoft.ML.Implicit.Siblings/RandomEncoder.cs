using System.Reflection;
using Microsoft.ML.Tokenizers;
using Microsoft.ML.TorchSharp;
using Microsoft.ML.TorchSharp.NasBert;
using TorchSharp;

namespace Microsoft.ML.Implicit.Siblings;

/// <summary>Stands in for the pretrained encoder that ML.NET's text classification downloads: the same parameters, at random.</summary>
internal static class RandomEncoder
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Writes the file where ML.NET looks before it downloads.</summary>
    public static void Write(string path)
    {
        Assembly assembly = typeof(TorchSharpCatalog).Assembly;
        Type extensions = assembly.GetType("Microsoft.ML.TorchSharp.Extensions.TokenizerExtensions", throwOnError: true)!;
        var tokenizer = (EnglishRobertaTokenizer)extensions.GetMethod("GetInstance", Members)!.Invoke(null, [null])!;
        Type type = assembly.GetType("Microsoft.ML.TorchSharp.NasBert.Models.ModelForPrediction", throwOnError: true)!;
        object[] arguments = [new TextClassificationTrainer.TextClassificationOptions(), tokenizer.PadIndex, tokenizer.SymbolsCount, 2];
        using var model = (torch.nn.Module)Activator.CreateInstance(type, Members, binder: null, arguments, culture: null)!;
        using var encoder = (torch.nn.Module)type.GetMethod("GetEncoder", Members)!.Invoke(model, null)!;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        encoder.save(path);
    }
}
