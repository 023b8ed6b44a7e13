// The warm worker of C#: calls Mono's mcs again and again in one process; runs none of the programs.
// Argument: the path of mcs.exe. What is said is in base 64, so that no JSON has to be understood.
using System;
using System.IO;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

// A line for each message, whatever it quotes of the program.
class Messages : StringWriter
{
    public override void WriteLine(string message)
    {
        base.WriteLine(message.Replace("\r", " ").Replace("\n", " "));
    }
}

static class Worker
{
    static readonly Regex Request = new Regex("\"source\": \"([^\"]*)\", \"words\": \"([^\"]*)\"");

    static void Main(string[] args)
    {
        TextWriter answers = Console.Out;
        Console.SetOut(TextWriter.Null);
        Directory.SetCurrentDirectory("/tmp");
        MethodInfo compile = Assembly.LoadFrom(args[0])
            .GetType("Mono.CSharp.CompilerCallableEntryPoint")
            .GetMethod("InvokeCompiler", new[] { typeof(string[]), typeof(TextWriter) });
        answers.WriteLine("{\"ready\":true}");
        answers.Flush();
        for (string line = Console.In.ReadLine(); line != null; line = Console.In.ReadLine())
        {
            Match request = Request.Match(line);
            File.WriteAllBytes("program.cs", Convert.FromBase64String(request.Groups[1].Value));
            File.Delete("program.exe");
            string[] words = Text(Convert.FromBase64String(request.Groups[2].Value)).Split('\n');
            StringWriter said = new Messages();
            string broken = "";
            bool good = false;
            try { good = (bool)compile.Invoke(null, new object[] { words, said }); }
            catch (TargetInvocationException e) { broken = e.InnerException.ToString(); }
            byte[] program = good ? File.ReadAllBytes("program.exe") : new byte[0];
            answers.WriteLine(
                "{\"good\":" + (good ? "true" : "false")
                + ",\"broken\":\"" + Base64(broken) + "\",\"said\":\"" + Base64(said.ToString())
                + "\",\"program\":\"" + Convert.ToBase64String(program) + "\"}");
            answers.Flush();
        }
    }

    static string Text(byte[] bytes) { return Encoding.UTF8.GetString(bytes); }

    static string Base64(string text)
    {
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
    }
}
